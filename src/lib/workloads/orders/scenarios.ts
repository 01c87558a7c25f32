import { meanThinkMs } from '../../load/engine/iteration-time.ts'
import type { Scenario, StepResponse, VirtualUser } from '../../ports/scenario.ts'
import { createOrderGenerator, type OrdersOptions } from './order-generator.ts'
import { defineScenario } from '../../load/scenarios/define-scenario.ts'

const thinkMs = [1000, 2000] as const

/** One request in ten asks for an order that was never made. */
const unknownShare = 0.1

/** One request in ten asks for ids. */
const weights = { read: 9, list: 1 }

/**
 * Readers of random orders, known ones and some that are not, and of ids. By the wire of the original they ask as its page
 * does: for all ids, and then for the summary of one.
 */
export function createScenarios(options: OrdersOptions): readonly Scenario[] {
  const { read, list } = options.wire === 'original' ? createOriginalReaders() : createReaders(options)
  const pace = { think: thinkMs, iterationMs: meanThinkMs(thinkMs) }
  return [
    defineScenario({ name: 'read', weight: weights.read, ...pace, run: read }),
    defineScenario({ name: 'list', weight: weights.list, ...pace, run: list }),
  ]
}

interface Readers {
  read(user: VirtualUser): Promise<void>
  list(user: VirtualUser): Promise<void>
}

function createReaders({ seed, orders }: OrdersOptions): Readers {
  const generator = createOrderGenerator(seed)
  return {
    async read(user) {
      const uid = generator.uidAt(user.random.integer(0, orders - 1))
      const found = await readOne(user, '/orders/', uid)
      if (found?.body.includes(uid) === false) throw new Error('it is another order')
    },
    async list({ request }) {
      const response = await request({ step: 'orders', method: 'GET', path: '/orders', wantBody: true })
      if (response.status !== 200) return
      // Other APIs respond with a list.
      const page = response.json() as { readonly total?: unknown } | null
      if (typeof page?.total === 'number' && page.total < orders) throw new Error('ids of orders are missing')
    },
  }
}

function createOriginalReaders(): Readers {
  /** The ids that any of these users has seen last. */
  let uids: readonly string[] = []
  const list = async ({ request }: VirtualUser): Promise<void> => {
    const response = await request({ step: 'orders', method: 'GET', path: '/orders', wantBody: true })
    if (response.status !== 200) return
    const seen: unknown = response.json()
    if (!Array.isArray(seen)) throw new Error('it is no list of ids')
    uids = seen as string[]
  }
  return {
    list,
    async read(user) {
      if (uids.length === 0) await list(user)
      if (uids.length === 0) return
      const uid = user.random.pick(uids)
      const found = await readOne(user, '/orders/order?uuid=', uid)
      if (found && (found.json() as { order_uid?: unknown } | null)?.order_uid !== uid)
        throw new Error('it is another order')
    },
  }
}

/** Asks for an order, or in one of ten cases for one that was never made; null unless a known one came. */
async function readOne({ random, request }: VirtualUser, prefix: string, uid: string): Promise<StepResponse | null> {
  const isUnknown = random.float() < unknownShare
  const response = await request({
    step: isUnknown ? 'unknown order' : 'order',
    method: 'GET',
    // No id has this ending.
    path: `${prefix}${encodeURIComponent(uid)}${isUnknown ? '-none' : ''}`,
    expected: isUnknown ? [404] : [],
    wantBody: !isUnknown,
  })
  if (isUnknown && response.status === 200) throw new Error('the API has an order that was never made')
  return !isUnknown && response.status === 200 ? response : null
}
