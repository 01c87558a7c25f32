import { createRandom, type Random } from '../../base/random.ts'
import { meanThinkMs } from '../../load/engine/iteration-time.ts'
import { defineScenario } from '../../load/scenarios/define-scenario.ts'
import type { Scenario, ThinkTime, VirtualUser } from '../../ports/scenario.ts'
import type { ScenarioOptions } from '../shared/scenarios.ts'
import { createDelivery, drawDelivery } from './delivery.ts'
import { districtsPerWarehouse, drawConstants, populationOf, type Population, type TpccSize } from './input.ts'
import { createNewOrder, drawNewOrder, type NewOrder, type NewOrderInput } from './new-order.ts'
import { createPayment, drawCustomer, drawPayment } from './payment.ts'
import { createOrderStatus, createStockLevel, drawStockLevel } from './reads.ts'
import { statementsOf } from './statements.ts'

export interface TpccOptions extends ScenarioOptions, TpccSize {
  /** Leaves out keying and think times. */
  readonly think: 'own' | 'none'
}

/** Weights of the transactions, and their keying and mean think times, ms (clause 5.2.5.7). */
const pace = {
  'new-order': { weight: 45, keyingMs: 18_000, thinkMs: 12_000 },
  payment: { weight: 43, keyingMs: 3000, thinkMs: 12_000 },
  'order-status': { weight: 4, keyingMs: 2000, thinkMs: 10_000 },
  delivery: { weight: 4, keyingMs: 2000, thinkMs: 5000 },
  'stock-level': { weight: 4, keyingMs: 2000, thinkMs: 5000 },
} as const

/** The names of the transactions, which are those of the scenarios and of their steps. */
export type TransactionName = keyof typeof pace

/** A user: a terminal of one district of one warehouse. */
interface Terminal {
  readonly warehouse: number
  readonly district: number
  /** The beginning of the names of its orders in the ledger. */
  readonly name: string
  orders: number
}

/** Users sit at terminals, warehouse by warehouse and then district by district. */
function terminalOf(id: number, { warehouses }: Population, runId: string): Terminal {
  return {
    warehouse: 1 + (id % warehouses),
    district: 1 + (Math.floor(id / warehouses) % districtsPerWarehouse),
    name: `${runId}-${id}`,
    orders: 0,
  }
}

/** Places an order, and notes what became of it with the number that it got. */
async function recordOrder(
  user: Pick<VirtualUser, 'transaction' | 'ledger'>,
  terminal: Terminal,
  newOrder: NewOrder,
  input: NewOrderInput,
): Promise<void> {
  terminal.orders++
  const { number, result } = await newOrder(user, input)
  await user.ledger.record({
    key: `${terminal.name}-${terminal.orders}`,
    resource: [input.warehouse, input.district, input.customer].join('-'),
    outcome: result.outcome,
    ...(number !== null && result.outcome === 'booked' ? { id: number } : {}),
  })
}

/** The five transactions, each a scenario: a user draws one after the other, by their weights. */
export function createScenarios(options: TpccOptions, runId: string, engine = 'sqlite'): readonly Scenario[] {
  const population = populationOf(options)
  // The same in all threads and workers of a run.
  const constants = drawConstants(createRandom(`${options.seed}/nurand`))
  const ask = statementsOf(engine)
  const [newOrder, payment, delivery] = [createNewOrder(ask), createPayment(ask), createDelivery(ask)]
  const [orderStatus, stockLevel] = [createOrderStatus(ask), createStockLevel(ask)]

  function scenario(
    name: TransactionName,
    run: (user: VirtualUser, terminal: Terminal, random: Random) => Promise<unknown>,
  ): Scenario {
    const { weight, keyingMs, thinkMs } = pace[name]
    // Thinking is between none and twice the mean, where the specification has a negative exponential distribution.
    const think: ThinkTime = options.think === 'none' ? 0 : [keyingMs, keyingMs + 2 * thinkMs]
    return defineScenario({
      name,
      weight,
      database: true,
      think,
      ...(think === 0 ? {} : { iterationMs: meanThinkMs(think) }),
      prepare: ({ id }) => terminalOf(id, population, runId),
      run: (user, terminal) => run(user, terminal, user.random),
    })
  }

  return [
    scenario('new-order', (user, terminal, random) =>
      recordOrder(user, terminal, newOrder, drawNewOrder(random, population, constants, terminal.warehouse)),
    ),
    scenario('payment', (user, { warehouse }, random) =>
      payment(user, drawPayment(random, population, constants, warehouse)),
    ),
    scenario('order-status', (user, { warehouse }, random) => {
      const district = random.integer(1, districtsPerWarehouse)
      return orderStatus(user, drawCustomer(random, population, constants, { warehouse, district }))
    }),
    scenario('delivery', (user, { warehouse }, random) => delivery(user, drawDelivery(random, warehouse))),
    scenario('stock-level', (user, terminal, random) => stockLevel(user, drawStockLevel(random, terminal))),
  ]
}
