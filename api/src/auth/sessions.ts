/** The dashboard's sign-in: a cookie that says who signed in and until when, under our signature. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { AdminEntry } from '@flash-sale/shared/admin-entry.ts'
import type { Admins } from './admins.ts'

/** A working day. */
const sessionS = 8 * 3_600

/** Who has signed in, and until when (epoch milliseconds). */
export interface Session {
  admin: AdminEntry
  validUntilMs: number
}

export interface Sessions {
  /** `Set-Cookie` of a new session. */
  begin(admin: AdminEntry): string
  /** `Set-Cookie` that ends the session in this browser. */
  end(): string
  /**
   * The session that a `Cookie` header carries; undefined when there is none, it was forged, has expired, or its admin's
   * entry is gone or has another token by now.
   */
  sessionOf(cookieHeader: string | undefined): Session | undefined
}

export interface SessionOptions {
  secret: string | Buffer
  /** Whether browsers reach us over TLS: the cookie then never travels without. */
  secure: boolean
  /** Epoch milliseconds; default: the system's clock. */
  now?: () => number
}

/** @param admins looked up at every request, so that a role that changed holds at once. */
export const openSessions = (admins: Admins, options: SessionOptions): Sessions => {
  const { secret, secure, now = Date.now } = options
  const cookieName = secure ? '__Secure-flash-sale-admin' : 'flash-sale-admin'
  const attributes = `Path=/admin; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`

  const signatureOf = (admin: AdminEntry, expiresAtS: number): Buffer =>
    createHmac('sha256', secret)
      .update(`${admin.name}\0${expiresAtS}\0${admin.digest.toString('hex')}`)
      .digest()

  const sessionIn = (value: string): Session | undefined => {
    const [, encodedName = '', expires = '', encodedSignature = ''] =
      /^([\w-]{1,64})\.(\d{1,12})\.([\w-]{43})$/.exec(value) ?? []
    const admin = admins.named(Buffer.from(encodedName, 'base64url').toString('utf8'))
    const validUntilMs = Number(expires) * 1_000
    if (!admin || validUntilMs <= now()) return undefined
    const signature = Buffer.from(encodedSignature, 'base64url')
    return timingSafeEqual(signature, signatureOf(admin, Number(expires)))
      ? { admin, validUntilMs }
      : undefined
  }

  return {
    begin: (admin) => {
      const expiresAtS = Math.floor(now() / 1_000) + sessionS
      const name = Buffer.from(admin.name, 'utf8').toString('base64url')
      const signature = signatureOf(admin, expiresAtS).toString('base64url')
      return `${cookieName}=${name}.${expiresAtS}.${signature}; Max-Age=${sessionS}; ${attributes}`
    },
    end: () => `${cookieName}=; Max-Age=0; ${attributes}`,
    sessionOf: (cookieHeader) => {
      // Another host of our domain may plant a cookie of the same name: it does not shadow the right one.
      for (const cookie of (cookieHeader ?? '').split(';')) {
        const [name, value] = cookie.trim().split('=', 2)
        const session = name === cookieName && value !== undefined ? sessionIn(value) : undefined
        if (session) return session
      }
      return undefined
    },
  }
}
