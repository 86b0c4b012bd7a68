import { expect, test } from 'vitest'
import { eachWorkerOnce } from './worker-list.ts'

const connection = (id: string, name: string | null, age: number) => ({
  id,
  name,
  addr: `127.0.0.1:${id}`,
  age,
})

test('a worker with many connections is one worker, as old as its oldest', () => {
  const all = [
    connection('1', 'worker-1', 5),
    connection('2', 'worker-1', 60),
    connection('3', 'worker-2', 7),
    connection('4', 'worker-1', 6),
    connection('5', null, 1),
    connection('6', null, 1),
  ]
  expect(eachWorkerOnce(all).map(({ id }) => id)).toEqual(['2', '3', '5', '6'])
})
