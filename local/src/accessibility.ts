import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const grave: ReadonlySet<string | null | undefined> = new Set(['serious', 'critical'])

/**
 * What axe-core finds wrong in the page as it is shown now, as far as it is serious or critical: a line each, with the
 * places. Contrast depends on the colour scheme: check light and dark.
 */
export const graveAccessibilityFindings = async (page: Page): Promise<string[]> => {
  // Evaluated and not added as an element, which the page's Content-Security-Policy would refuse.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, { resultTypes: ['violations'] })`)
  return violations
    .filter(({ impact }) => grave.has(impact))
    .map(
      ({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(' ')).join(', ')})`,
    )
}
