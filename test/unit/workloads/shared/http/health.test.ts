import { fastify } from 'fastify'
import { expect, it } from 'vitest'
import { addHealthRoutes } from '../../../../../src/lib/workloads/shared/http/health.ts'

it('asks a database that does not answer once, and does not wait for it', async () => {
  const app = fastify()
  const answer = Promise.withResolvers<number>()
  let asked = 0
  const database = { now: () => (asked++ === 0 ? answer.promise : Promise.resolve(0)) }
  addHealthRoutes(app, { database, onError: () => {} })
  const ask = async () => (await app.inject('/readyz')).statusCode
  expect(await Promise.all([ask(), ask()])).toEqual([503, 503])
  expect(asked).toBe(1)
  answer.resolve(0)
  await answer.promise
  await expect.poll(ask).toBe(200)
  expect(asked).toBe(2)
  await app.close()
})

it('tells of an outage once, however often it is asked', async () => {
  const app = fastify()
  const errors: string[] = []
  const results: Promise<number>[] = []
  const database = { now: () => results.shift()! }
  addHealthRoutes(app, { database, onError: ({ message }) => void errors.push(message) })
  const ask = async (result: Promise<number>) => {
    results.push(result)
    return (await app.inject('/readyz')).statusCode
  }
  const away = () => Promise.reject(new Error('away'))
  expect([await ask(away()), await ask(away())]).toEqual([503, 503])
  expect(errors).toEqual(['away'])
  expect([await ask(Promise.resolve(0)), await ask(away())]).toEqual([200, 503])
  expect(errors).toEqual(['away', 'away'])
  await app.close()
})
