import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { sendProblem } from './problem-answer.ts'

export interface AdminCredentials {
  user: string
  password: string
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()

/** User and password of an `Authorization: Basic` header (RFC 7617); undefined when it is none. */
const credentialsOf = (header: string | undefined): AdminCredentials | undefined => {
  const encoded = /^Basic +([\w+/-]+={0,2}) *$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 0) return undefined
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

/**
 * Lets a request pass only with the admin's credentials, else answers 401. The time it takes tells nothing about how
 * much of them was right: digests of equal length are compared, and always both.
 */
export const adminOnly = (admin: AdminCredentials): RequestHandler => {
  const user = digest(admin.user)
  const password = digest(admin.password)
  return (request, response, next) => {
    const given = credentialsOf(request.headers.authorization)
    const userIsRight = timingSafeEqual(digest(given?.user ?? ''), user)
    const passwordIsRight = timingSafeEqual(digest(given?.password ?? ''), password)
    if (given && userIsRight && passwordIsRight) {
      next()
      return
    }
    response.setHeader('WWW-Authenticate', 'Basic realm="Flash Sale Engine", charset="UTF-8"')
    sendProblem(response, {
      code: 'unauthorized',
      detail: given ? 'the user or the password is wrong' : 'expected HTTP Basic credentials, got none',
    })
  }
}
