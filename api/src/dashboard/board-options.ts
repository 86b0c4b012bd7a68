import type { UIConfig } from '@bull-board/api/typings/app'
import type { AdminRole } from '@flash-sale/shared/admin-entry.ts'

/** A price tag with a bolt, to be seen on light and dark. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#b3261e" d="M3 3h14l12 12a3 3 0 0 1 0 4L19 29a3 3 0 0 1-4 0L3 17z"/><path fill="#fff" d="m18 8-8 10h5l-2 7 8-10h-5z"/></svg>`
const iconAddress = `data:image/svg+xml,${encodeURIComponent(icon)}`

const labelColours = { production: '#8c1d18', elsewhere: '#1b4d7a' }

const fonts = { 'font-sans': 'system-ui, sans-serif', 'font-mono': 'ui-monospace, monospace' }

/** How the dashboard looks. @param environment as in `production`; stands at the top of every page, with the role. */
export const boardOptions = (environment: string, role: AdminRole): UIConfig => ({
  boardTitle: 'Flash Sale Engine',
  boardLogo: { path: iconAddress, width: 28, height: 28 },
  favIcon: { default: iconAddress, alternative: iconAddress },
  environment: {
    label: `${environment} · ${role}`,
    color: environment === 'production' ? labelColours.production : labelColours.elsewhere,
    textColor: '#ffffff',
  },
  miscLinks: [
    { text: 'Shop', url: '/' },
    { text: 'Locks', url: '/admin/locks' },
    { text: 'API', url: '/docs' },
    { text: 'Metrics', url: '/admin/metrics' },
    { text: 'Account', url: '/admin/sign-in' },
  ],
  // Bull Board's greys are too pale to be read by everybody (WCAG AA), and its fonts would come from another host.
  theme: {
    light: { ...fonts, 'muted-foreground': '#4a555f', 'sidebar-state-selected-foreground': '#0b574e' },
    dark: { ...fonts, 'muted-foreground': '#a3adba' },
  },
  hideDocsLink: true,
  showMetrics: true,
  showWorkers: true,
})
