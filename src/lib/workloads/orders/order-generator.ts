import { createRandom, type Random, loadFaker } from '../../base/random.ts'
import type { ScenarioOptions, WireOptions } from '../shared/scenarios.ts'
import type { Order } from './order.ts'
import type { Message } from '../../ports/broker.ts'
import type { Database } from '../../ports/database.ts'
import type { SeedProgress } from '../../ports/workload.ts'
import { seedMissingRows } from '../shared/seed-batches.ts'
import { orders } from './tables.ts'

/** The orders that are seeded, and read by the users. */
export interface OrdersOptions extends ScenarioOptions, WireOptions {
  readonly orders: number
}

export interface OrderGenerator {
  /** Known without making the order. */
  uidAt(index: number): string
  at(index: number): Order
}

/** Choices in each of the pools; faker itself would take most of the time. */
const poolSize = 1000
const maxItemsGenerated = 3
const firstTrackNumber = 100_000_000
/** 2021-11-26, the day of the sample. */
const firstSecond = 1_637_907_727
const secondsOfYear = 31_536_000

interface Pools {
  readonly names: readonly string[]
  readonly cities: readonly string[]
  readonly streets: readonly string[]
  readonly products: readonly string[]
  readonly brands: readonly string[]
}

/** The orders of `seed`: the same seed and index give the same order, and no two of them the same id. */
export function createOrderGenerator(seed: string): OrderGenerator {
  const random = createRandom(seed)
  const prefix = hex(random.fork('uid').uint32())
  const pools = createPools(random)
  const uidAt = (index: number): string => `${prefix}${index.toString(16).padStart(8, '0')}${hex(spread(index))}`
  return { uidAt, at: (index) => generateOrder(uidAt(index), random.fork(index), pools) }
}

/** Odd, so that it only moves numbers about: ids look as they do in life, not counted. */
function spread(index: number): number {
  return Math.imul(index + 1, 0x9e3779b1) >>> 0
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

function createPools(random: Random): Pools {
  const { person, location, commerce } = loadFaker().definitions
  const { first_name: firstNames, last_name: lastNames } = person
  const { city_name: cityNames, street_name: streetNames } = location
  const { product_name: productNames } = commerce
  const first = [...(firstNames.generic ?? []), ...(firstNames.female ?? []), ...(firstNames.male ?? [])]
  const last = lastNames.generic ?? first
  const pool = (make: () => string): string[] => Array.from({ length: poolSize }, make)
  return {
    names: pool(() => `${random.pick(first)} ${random.pick(last)}`),
    cities: pool(() => random.pick(cityNames ?? first)),
    streets: pool(() => `${random.pick(streetNames ?? last)} ${random.integer(1, 200)}`),
    products: pool(() => `${random.pick(productNames.adjective)} ${random.pick(productNames.product)}`),
    brands: pool(() => random.pick(last)),
  }
}

function generateOrder(uid: string, random: Random, { names, cities, streets, products, brands }: Pools): Order {
  const track = `RUSH${random.integer(firstTrackNumber, 10 * firstTrackNumber - 1)}`
  const second = firstSecond + random.integer(0, secondsOfYear)
  const items = Array.from({ length: random.integer(1, maxItemsGenerated) }, (): Order['items'][number] => {
    const price = random.integer(100, 100_000)
    const sale = random.pick([0, 10, 30, 50])
    return {
      chrt_id: random.integer(1_000_000, 9_999_999),
      track_number: track,
      price,
      rid: `${hex(random.uint32())}${hex(random.uint32())}`,
      name: random.pick(products),
      sale,
      size: String(random.integer(0, 60)),
      total_price: Math.round((price * (100 - sale)) / 100),
      nm_id: random.integer(1_000_000, 9_999_999),
      brand: random.pick(brands),
      status: 202,
    }
  })
  const name = random.pick(names)
  const goods = items.reduce((sum, { total_price }) => sum + total_price, 0)
  const delivery = random.pick([0, 500, 1500])
  return {
    order_uid: uid,
    track_number: track,
    entry: 'RUSH',
    delivery: {
      name,
      phone: `+${random.integer(10_000_000_000, 99_999_999_999)}`,
      zip: String(random.integer(10_000, 99_999)),
      city: random.pick(cities),
      address: random.pick(streets),
      region: random.pick(cities),
      email: `${name.toLowerCase().replaceAll(/[^a-z]/g, '.')}@example.com`,
    },
    payment: {
      transaction: uid,
      request_id: '',
      currency: random.pick(['USD', 'EUR', 'RUB']),
      provider: 'wbpay',
      amount: goods + delivery,
      payment_dt: second,
      bank: random.pick(['alpha', 'beta', 'gamma']),
      delivery_cost: delivery,
      goods_total: goods,
      custom_fee: 0,
    },
    items,
    locale: random.pick(['en', 'ru']),
    internal_signature: '',
    customer_id: `customer${random.integer(1, 100_000)}`,
    delivery_service: random.pick(['meest', 'dhl', 'post']),
    shardkey: String(random.integer(0, 9)),
    sm_id: random.integer(0, 99),
    date_created: new Date(second * 1000).toISOString(),
    oof_shard: String(random.integer(0, 1)),
  }
}

export interface GeneratedMessage extends Message {
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
  (order) => Buffer.from(`Order ${order.order_uid} of ${order.delivery.name}, please.`),
  (order) => bytesOf(`order ${order.order_uid}`),
  (_order, random) => Buffer.from(Array.from({ length: random.integer(20, 200) }, () => random.integer(0x80, 0xff))),
  (order) => Buffer.from(JSON.stringify(order).replace(',', ',,')),
  (order) => bytesOf({ ...order, items: order.items[0] }),
  (order) => bytesOf({ ...order, sm_id: null }),
  (order) => bytesOf({ CreatedAt: order.date_created, Order: { ...order, entry: 1 } }),
]

function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/**
 * The messages of a run in their order: made from `seed`, so many of them as `invalid` says (a share of 1) no orders.
 * `runId` sets their ids apart from those of every other run. With the wire of the original, orders are in its envelope.
 */
export function* generateMessages(
  seed: string,
  runId: string,
  count: number,
  invalid: number,
  wire: WireOptions['wire'] = 'own',
): Generator<GeneratedMessage> {
  const generator = createOrderGenerator(`${seed} ${runId}`)
  const random = createRandom(seed).fork('invalid')
  for (let index = 0; index < count; index++) {
    const order = generator.at(index)
    // Spread evenly, so that any number of messages has its share.
    const isInvalid = Math.floor((index + 1) * invalid) > Math.floor(index * invalid)
    if (isInvalid) yield { key: order.order_uid, value: random.pick(spoilers)(order, random), uid: null }
    else {
      const message = wire === 'own' ? order : { CreatedAt: order.date_created, Order: order }
      yield { key: order.order_uid, value: bytesOf(message), uid: order.order_uid }
    }
  }
}

const rowsAtOnce = 500

/** Stores the seed's orders that are missing, past the broker. Stops between two commits once `signal` aborts. */
export function insertMissingOrders(
  { store }: Database,
  options: OrdersOptions,
  signal?: AbortSignal,
): AsyncGenerator<SeedProgress> {
  const generator = createOrderGenerator(options.seed)
  const rowAt = (index: number) => ({
    absent: { table: orders, row: { order_uid: generator.uidAt(index), body: JSON.stringify(generator.at(index)) } },
  })
  return seedMissingRows(store, options.orders, rowsAtOnce, rowAt, signal)
}
