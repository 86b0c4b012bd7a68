import { type RequestHandler, Router } from 'express'
import { keptForADay, pageFile, readPageText, sendPageFile } from './page-files.ts'
import { methodNotAllowed } from './problem-answer.ts'

const sends = (name: string, cacheControl?: string): RequestHandler => {
  const file = pageFile(name, readPageText(new URL(`./pages/${name}`, import.meta.url)))
  return (request, response) => sendPageFile(request, response, file, cacheControl)
}

/**
 * What all of our pages load: open to anybody, since the sign-in page needs it too. The icon is at `/favicon.ico` as
 * well, where browsers look for it beside what is no page. It changes hardly ever, hence they may keep it for a day.
 */
export const pageAssetsRoute = (): Router => {
  const icon = sends('icon.svg', keptForADay)
  const router = Router()
  for (const path of ['/assets/icon.svg', '/favicon.ico'])
    router.route(path).get(icon).all(methodNotAllowed('GET', 'HEAD'))
  for (const name of ['page.css', 'board-names.js'])
    router.route(`/assets/${name}`).get(sends(name)).all(methodNotAllowed('GET', 'HEAD'))
  return router
}
