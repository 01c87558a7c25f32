import { Faker, en, ru, zh_CN, base } from '@faker-js/faker'

/** An order with the fields that the original's have, and no other. */
export interface OriginalOrder {
  readonly order_uid: string
  readonly entry: string
  readonly internal_signature: string
  readonly payment: {
    readonly transaction: string
    readonly currency: string
    readonly provider: string
    readonly amount: number
    readonly payment_dt: number
    readonly bank: string
    readonly delivery_cost: number
    readonly goods_total: number
  }
  readonly items: readonly OriginalItem[] | null
  readonly locale: string
  readonly customer_id: string
  readonly track_number: string
  readonly delivery_service: string
  readonly shardkey: string
  readonly sm_id: number
}

interface OriginalItem {
  readonly chrt_id: number
  readonly price: number
  readonly rid: string
  readonly name: string
  readonly sale: number
  readonly size: string
  readonly total_price: number
  readonly nm_id: number
  readonly brand: string
}

/** Bytes on the subject `orders`. */
export interface OriginalMessage {
  readonly order: OriginalOrder
  readonly bytes: Buffer
}

/** What its page shows of an order. */
export function originalSummary({ order_uid, entry, payment, customer_id, track_number, ...rest }: OriginalOrder) {
  const total_price = payment.amount + payment.delivery_cost
  return { order_uid, entry, total_price, customer_id, track_number, delivery_service: rest.delivery_service }
}

/** JSON as Go writes it: with what HTML could take for its own escaped. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (letter) => String.raw`\u` + letter.charCodeAt(0).toString(16).padStart(4, '0'),
  )
}

/** A time as Go writes it: of as many digits of a second as it has, without zeros behind them. */
function goTime(faker: Faker): string {
  const second = faker.date.between({ from: '2021-11-05', to: '2021-11-15' }).toISOString().slice(0, 19)
  const digits = faker.string.numeric(faker.number.int({ max: 9 })).replace(/0+$/, '')
  const zone = faker.helpers.arrayElement(['Z', '+03:00', '-07:00', '+05:45'])
  return `${second}${digits === '' ? '' : `.${digits}`}${zone}`
}

function createOrder(faker: Faker): OriginalOrder {
  const items = Array.from({ length: 3 }, (): OriginalItem => {
    const price = faker.number.int({ min: 1000, max: 20_000 })
    const sale = faker.number.int({ max: 99 })
    return {
      chrt_id: faker.number.int({ max: 1000 }),
      price,
      rid: faker.string.uuid(),
      name: faker.food.fruit(),
      sale,
      size: String(faker.number.int({ max: 10 })),
      total_price: price - Math.floor((sale * price) / 100 + 0.5),
      nm_id: Number(faker.string.numeric(14)),
      brand: faker.helpers.arrayElement(['Russia', 'Belarus', 'Turkey', 'Tailand']),
    }
  })
  return {
    order_uid: faker.string.uuid(),
    entry: faker.string.alpha(10),
    internal_signature: faker.string.numeric(12),
    payment: {
      transaction: faker.string.uuid(),
      currency: faker.finance.currencyCode(),
      provider: 'CC',
      amount: items.reduce((sum, item) => sum + item.total_price, 0),
      payment_dt: faker.number.int({ min: 1_636_088_400, max: 1_636_952_400 }),
      bank: faker.helpers.arrayElement(['Sber', 'Tinkoff', 'Alfa']),
      delivery_cost: faker.number.int({ max: 2000 }),
      goods_total: 3,
    },
    items,
    locale: faker.helpers.arrayElement(['ru UTF-8', 'en UTF-8']),
    customer_id: faker.string.uuid(),
    track_number: faker.string.numeric(16),
    delivery_service: faker.helpers.arrayElement(['Postal', 'DPD', 'BoxBerry']),
    shardkey: faker.string.alpha(12),
    sm_id: faker.number.int({ max: 2 ** 31 - 1 }),
  }
}

type Variation = (order: OriginalOrder, faker: Faker) => OriginalOrder

const withNames =
  (name: (faker: Faker) => string): Variation =>
  (order, faker) => ({ ...order, items: (order.items ?? []).map((item) => ({ ...item, name: name(faker) })) })

/** What its types can hold beside what its publisher draws. */
const variations: readonly Variation[] = [
  (order) => ({ ...order, items: null, payment: { ...order.payment, amount: 0, goods_total: 0 } }),
  (order) => ({ ...order, items: [] }),
  withNames(() => '<b>R&D</b> \u2028 "x" \\'),
  withNames(() => '漢字 😀 e\u0301 Яблоко'),
  withNames(() => 'я'.repeat(200)),
  (order) => ({ ...order, sm_id: 2 ** 31 - 1, payment: { ...order.payment, payment_dt: Number.MAX_SAFE_INTEGER } }),
  (order) => ({ ...order, payment: { ...order.payment, amount: 9_007_199_254_738_000, delivery_cost: 2000 } }),
  (order) => ({ ...order, entry: '', internal_signature: '', track_number: '', delivery_service: '' }),
]

/** Messages of the original's publisher of orders; one in ten of them is less usual than what it draws. */
export function originalMessages(count: number, seed = 1): OriginalMessage[] {
  const faker = new Faker({ locale: [en, base], seed })
  const words = new Faker({ locale: [ru, zh_CN, en, base], seed })
  return Array.from({ length: count }, (_, index) => {
    const drawn = createOrder(faker)
    const vary = index % 10 === 9 ? variations[Math.floor(index / 10) % variations.length] : undefined
    const order = vary?.(drawn, words) ?? drawn
    return { order, bytes: Buffer.from(goJson({ CreatedAt: goTime(faker), Order: order })) }
  })
}

/** Messages of its publisher of what is no order: texts, bytes, broken JSON and wrong types. */
export function originalInvalidMessages(seed = 2): Buffer[] {
  const faker = new Faker({ locale: [en, base], seed })
  const CreatedAt = goTime(faker)
  const order = createOrder(faker)
  const whole = goJson({ CreatedAt, Order: order })
  const bytes = Buffer.from(Array.from({ length: 64 }, () => faker.number.int({ min: 128, max: 255 })))
  const wrong: unknown[] = [
    { CreatedAt: '0001-01-01T00:00:00Z', Order: order },
    { CreatedAt, Order: null },
    { CreatedAt },
    { CreatedAt: 5, Order: order },
    { CreatedAt, Order: [order] },
    { CreatedAt, Order: { ...order, order_uid: '' } },
    { CreatedAt, Order: { ...order, order_uid: 7 } },
    { CreatedAt, Order: { ...order, sm_id: '7' } },
    { CreatedAt, Order: { ...order, sm_id: 0.5 } },
    { CreatedAt, Order: { ...order, items: {} } },
    { CreatedAt, Order: { ...order, payment: null } },
    { CreatedAt, Order: { ...order, payment: { ...order.payment, amount: 2 ** 53 } } },
    [],
    7,
    null,
    faker.lorem.sentence(),
    bytes.toString('base64'),
  ]
  return [
    ...wrong.map((value) => Buffer.from(goJson(value))),
    ...[faker.lorem.sentence(), 'привет', '', whole.slice(0, -1), `${whole},`].map((text) => Buffer.from(text)),
    bytes,
    Buffer.concat([Buffer.from(whole), Buffer.of(0xff)]),
  ]
}
