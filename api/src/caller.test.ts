import { expect, test } from 'vitest'
import { type Caller, maySee, noEnd } from './caller.ts'

const validUntilMs = noEnd

test.each<[what: string, caller: Caller, sees: boolean]>([
  ['its customer', { kind: 'customer', customerId: 'ann', validUntilMs }, true],
  ['another customer', { kind: 'customer', customerId: 'bob', validUntilMs }, false],
  ['a customer whose name differs in case', { kind: 'customer', customerId: 'Ann', validUntilMs }, false],
  ['a viewer', { kind: 'admin', name: 'wall', role: 'viewer', validUntilMs }, true],
  ['an operator', { kind: 'admin', name: 'ops', role: 'operator', validUntilMs }, true],
  ['anyone, where nobody is authenticated', { kind: 'anyone' }, true],
])("%s may see ann's purchase: %j", (_what, caller, sees) => {
  expect(maySee(caller, 'ann')).toBe(sees)
})
