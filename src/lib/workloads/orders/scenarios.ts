import { meanThinkMs } from '../../load/engine/iteration-time.ts'
import type { Scenario } from '../../ports/scenario.ts'
import { createOrderGenerator, type OrdersOptions } from './order-generator.ts'
import { defineScenario } from '../../load/scenarios/define-scenario.ts'

const thinkMs = [1000, 2000] as const

/** One request in ten asks for an order that was never made. */
const unknownShare = 0.1

/** One request in ten asks for ids. */
const weights = { read: 9, list: 1 }

/** Readers of random orders, known ones and some that are not, and of ids. */
export function createScenarios({ seed, orders }: OrdersOptions): readonly Scenario[] {
  const generator = createOrderGenerator(seed)
  return [
    defineScenario({
      name: 'read',
      weight: weights.read,
      think: thinkMs,
      iterationMs: meanThinkMs(thinkMs),
      async run({ random, request }) {
        const isUnknown = random.float() < unknownShare
        const uid = generator.uidAt(random.integer(0, orders - 1))
        // No id has this ending.
        const path = `/orders/${isUnknown ? `${uid}-none` : uid}`
        const response = await request({
          step: isUnknown ? 'unknown order' : 'order',
          method: 'GET',
          path,
          expected: isUnknown ? [404] : [],
          wantBody: !isUnknown,
        })
        if (isUnknown && response.status === 200) throw new Error('the API has an order that was never made')
        if (!isUnknown && response.status === 200 && !response.body.includes(uid))
          throw new Error('it is another order')
      },
    }),
    defineScenario({
      name: 'list',
      weight: weights.list,
      think: thinkMs,
      iterationMs: meanThinkMs(thinkMs),
      async run({ request }) {
        const response = await request({ step: 'orders', method: 'GET', path: '/orders', wantBody: true })
        if (response.status !== 200) return
        // Other APIs respond with a list.
        const page = response.json() as { readonly total?: unknown } | null
        if (typeof page?.total === 'number' && page.total < orders) throw new Error('ids of orders are missing')
      },
    }),
  ]
}
