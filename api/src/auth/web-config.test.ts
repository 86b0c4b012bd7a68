import { expect, test } from 'vitest'
import { apiConfigFrom } from '../api-config.ts'
import { webSettingsOf } from './web-config.ts'

const off = { purchasesPerIp: undefined, purchasesPerCustomer: undefined, readsPerIp: undefined }
const settings = (env: Record<string, string>, NODE_ENV = 'development') =>
  webSettingsOf({ ...apiConfigFrom(env), NODE_ENV })

test('a developer is not limited, and not behind TLS', () => {
  expect(settings({})).toEqual({ secure: false, proxyHops: 0, corsOrigins: [], limits: off })
})

test('production is, unless it says otherwise', () => {
  expect(settings({}, 'production')).toEqual({
    secure: true,
    proxyHops: 0,
    corsOrigins: [],
    limits: {
      purchasesPerIp: { count: 300, windowS: 60 },
      purchasesPerCustomer: { count: 30, windowS: 60 },
      readsPerIp: { count: 6_000, windowS: 60 },
    },
  })
  const env = {
    BEHIND_TLS: 'no',
    RATE_LIMIT_PER_IP: 'off',
    RATE_LIMIT_PER_CUSTOMER: '2/10',
    RATE_LIMIT_READS_PER_IP: 'off',
  }
  expect(settings(env, 'production')).toMatchObject({
    secure: false,
    limits: { ...off, purchasesPerCustomer: { count: 2, windowS: 10 } },
  })
})
