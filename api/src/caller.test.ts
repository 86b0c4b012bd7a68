import { expect, test } from 'vitest'
import { type Caller, maySee } from './caller.ts'

test.each<[what: string, caller: Caller, sees: boolean]>([
  ['its customer', { kind: 'customer', customerId: 'ann' }, true],
  ['another customer', { kind: 'customer', customerId: 'bob' }, false],
  ['a customer whose name differs in case', { kind: 'customer', customerId: 'Ann' }, false],
  ['a viewer', { kind: 'admin', name: 'wall', role: 'viewer' }, true],
  ['an operator', { kind: 'admin', name: 'ops', role: 'operator' }, true],
  ['anyone, where nobody is authenticated', { kind: 'anyone' }, true],
])("%s may see ann's purchase: %j", (_what, caller, sees) => {
  expect(maySee(caller, 'ann')).toBe(sees)
})
