import type { UIConfig } from '@bull-board/api/typings/app'
import type { AdminRole } from '@flash-sale/shared/admin-entry.ts'

/** To be seen on light and dark. */
const iconAddress = '/assets/icon.svg'

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
