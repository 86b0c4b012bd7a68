import type { Request, Response } from 'express'

/** Whether a browser asks to show the answer: a program gets JSON. */
export const wantsPage = (request: Request): boolean => (request.get('accept') ?? '').includes('text/html')

/** Sends a page; what it may load is said by `pageHeaders`. */
export const sendPage = (response: Response, page: string): void => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.end(page)
}
