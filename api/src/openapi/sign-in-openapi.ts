import { z } from 'zod'
import type { HeaderName } from './headers.ts'
import type { RouteDescription } from './route-description.ts'

const tag = 'Admin: sign-in'
const limited: readonly HeaderName[] = ['RateLimit', 'RateLimit-Policy']
const page = { mediaType: 'text/html', example: '<!doctype html>\n<title>Sign in</title>' }

const form: RouteDescription = {
  method: 'get',
  path: '/admin/sign-in',
  id: 'readSignIn',
  tag,
  summary: 'The form with which an admin signs in',
  access: 'anyone',
  answers: { 200: { description: 'A page: the form, or who has signed in.', text: page } },
  problems: [],
}

const signIn: RouteDescription = {
  method: 'post',
  path: '/admin/sign-in',
  id: 'signIn',
  tag,
  summary: 'Begin a session, from a page of this host',
  description:
    'For people with a browser; a program sends its token with each call. `next` is a path below `/admin`, to which it ' +
    'goes afterwards.',
  access: 'anyone',
  body: {
    mediaType: 'application/x-www-form-urlencoded',
    schema: z.object({ name: z.string(), token: z.string(), next: z.string().optional() }),
    examples: { form: { name: 'ann', token: 'TOKEN', next: '/admin/queues' } },
  },
  answers: {
    303: {
      description: 'Signed in: to `next`.',
      headers: ['Location', 'Set-Cookie', ...limited],
    },
    401: {
      description: 'A page: the form again. Name and token do not belong together.',
      text: page,
      headers: limited,
    },
  },
  problems: ['forbidden', 'rate-limited'],
}

const signOut: RouteDescription = {
  method: 'post',
  path: '/admin/sign-out',
  id: 'signOut',
  tag,
  summary: 'End the session, from a page of this host',
  access: 'anyone',
  answers: { 303: { description: 'Signed out: to the form.', headers: ['Location', 'Set-Cookie'] } },
  problems: ['forbidden'],
}

export const signInRoutes: readonly RouteDescription[] = [form, signIn, signOut]
