import type { Message } from '../../ports/broker.ts'
import { createRandom, type Random } from '../../base/random.ts'
import { createOrderMaker } from './made-orders.ts'
import type { Order } from './order.ts'

/** A message that is to be published. */
export interface MadeMessage extends Message {
  /** Null for one that is no order. */
  readonly uid: string | null
}

/** Ways in which a message is no order; each keeps something that no other message has. */
const spoilers: readonly ((order: Order, random: Random) => Buffer)[] = [
  (order, random) => bytesOf(order).subarray(0, random.integer(40, 400)),
  (order) => Buffer.concat([bytesOf(order), Buffer.from([0xff, 0xfe])]),
  (order) => bytesOf({ ...order, payment: undefined }),
  (order) => bytesOf({ ...order, payment: { ...order.payment, amount: String(order.payment.amount) } }),
  (order) => bytesOf({ ...order, payment: { ...order.payment, amount: -order.payment.amount } }),
  (order) => bytesOf({ ...order, items: [{ ...order.items[0], price: 0.5 }] }),
  (order) => bytesOf({ ...order, unknown: true }),
  (order) => bytesOf({ ...order, order_uid: '' }),
  (order) => bytesOf({ ...order, order_uid: `${order.order_uid}/../..` }),
  (order) => bytesOf({ ...order, date_created: 'yesterday' }),
  (order) => bytesOf({ ...order, delivery: { ...order.delivery, name: 'a\0b' } }),
  (order) => bytesOf({ ...order, delivery: { ...order.delivery, address: 'x'.repeat(100_000) } }),
  (order) => bytesOf([order]),
  (order) => Buffer.from(`<order>${order.order_uid}</order>`),
]

function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/**
 * The messages of a run in their order: made from `seed`, so many of them as `invalid` says (a share of 1) no orders.
 * `runId` sets their ids apart from those of every other run.
 */
export function* makeMessages(seed: string, runId: string, count: number, invalid: number): Generator<MadeMessage> {
  const maker = createOrderMaker(`${seed} ${runId}`)
  const random = createRandom(seed).fork('invalid')
  for (let index = 0; index < count; index++) {
    const order = maker.at(index)
    // Spread evenly, so that any number of messages has its share.
    const isInvalid = Math.floor((index + 1) * invalid) > Math.floor(index * invalid)
    if (isInvalid) yield { key: order.order_uid, value: random.pick(spoilers)(order, random), uid: null }
    else yield { key: order.order_uid, value: bytesOf(order), uid: order.order_uid }
  }
}
