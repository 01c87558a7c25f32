import { createPermutation, createRandom, type Random } from '../../base/random.ts'
import { fillPart, type FillPart, type TableFilling } from '../../seeding/filling/filling.ts'
import {
  constant,
  digitGroups,
  letters,
  sequence,
  time,
  uniform,
  whole,
  type ColumnGenerator,
} from '../../seeding/filling/generators.ts'
import {
  districtsPerWarehouse,
  lastName,
  lastNameWidth,
  loadedLastNames,
  nurand,
  orderLines,
  populationOf,
  type Population,
  type TpccSize,
} from './input.ts'
import { customer, district, history, item, newOrder, orderLine, orders, stock, warehouse } from './tables.ts'

/** Amounts of a new customer, cents: one payment, which is all of the balance. */
const firstPayment = 1000
const creditLimit = 5_000_000
const mostCents = { price: 10_000, line: 999_999 } as const
/** The day on which all rows were made. */
const day = time(Date.UTC(2026, 0, 1))

const zero = constant('0')
const one = constant('1')

/** Texts of one width, of which `share` are the first and the others the second. */
function either(share: number, [first, second]: readonly [string, string]): ColumnGenerator {
  const texts = [Buffer.from(first, 'latin1'), Buffer.from(second, 'latin1')] as const
  return {
    width: first.length,
    write(target, offset, _index, random) {
      target.set(texts[random.float() < share ? 0 : 1], offset)
    },
  }
}

/** Letters, with `ORIGINAL` somewhere in one of ten (clauses 4.3.3.1, i_data and s_data). */
function brandData(width: number): ColumnGenerator {
  const word = Buffer.from('ORIGINAL', 'latin1')
  const rest = letters(width)
  return {
    width,
    write(target, offset, index, random) {
      rest.write(target, offset, index, random)
      if (random.integer(1, 10) === 1) target.set(word, offset + random.integer(0, width - word.length))
    },
  }
}

function zip(): ColumnGenerator {
  return whole(999_911_111, (_index, random) => random.integer(0, 9999) * 100_000 + 11_111)
}

/** Names are as long as they are on average; the specification draws their lengths. */
function addressColumns(letter: string): Record<string, ColumnGenerator> {
  return {
    [`${letter}_street_1`]: letters(15),
    [`${letter}_street_2`]: letters(15),
    [`${letter}_city`]: letters(15),
    [`${letter}_state`]: letters(2),
    [`${letter}_zip`]: zip(),
  }
}

const tax = uniform(0, 2000)

/** Numbers of the rows of one part, which has `each` rows in every district, warehouse by warehouse. */
function placeColumns(letter: string, { warehouses }: Population, each: number): Record<string, ColumnGenerator> {
  return {
    [`${letter}_w_id`]: sequence({ last: warehouses, each: each * districtsPerWarehouse }),
    [`${letter}_d_id`]: sequence({ last: districtsPerWarehouse, each, of: districtsPerWarehouse }),
  }
}

function warehouseRows(population: Population): FillPart {
  const { warehouses, customers } = population
  return fillPart(warehouse, warehouses, {
    w_id: sequence({ last: warehouses }),
    w_name: letters(8),
    ...addressColumns('w'),
    w_tax: tax,
    w_ytd: constant(String(districtsPerWarehouse * customers * firstPayment)),
  })
}

function districtRows(population: Population): FillPart {
  const { warehouses, customers } = population
  return fillPart(district, warehouses * districtsPerWarehouse, {
    d_w_id: sequence({ last: warehouses, each: districtsPerWarehouse }),
    d_id: sequence({ last: districtsPerWarehouse, of: districtsPerWarehouse }),
    d_name: letters(8),
    ...addressColumns('d'),
    d_tax: tax,
    d_ytd: constant(String(customers * firstPayment)),
    d_next_o_id: constant(String(customers + 1)),
  })
}

function lastNames({ customers, lastNames: names }: Population): ColumnGenerator {
  const texts = Array.from({ length: names }, (_, number) => Buffer.from(lastName(number), 'latin1'))
  const drawn = (random: Random) => nurand(random, 'lastName', loadedLastNames, [0, names - 1])
  return {
    width: lastNameWidth,
    write(target, offset, index, random) {
      const number = index % customers
      target.set(texts[number < names ? number : drawn(random)] as Buffer, offset)
    },
  }
}

const inDistricts = ({ warehouses }: Population, each: number): number => warehouses * districtsPerWarehouse * each

function customerRows(population: Population): FillPart {
  const { customers } = population
  return fillPart(customer, inDistricts(population, customers), {
    ...placeColumns('c', population, customers),
    c_id: sequence({ last: customers, of: customers }),
    c_first: letters(12),
    c_middle: constant('OE'),
    c_last: lastNames(population),
    ...addressColumns('c'),
    c_phone: digitGroups(1, 16),
    c_since: day,
    c_credit: either(0.1, ['BC', 'GC']),
    c_credit_lim: constant(String(creditLimit)),
    c_discount: uniform(0, 5000),
    c_balance: constant(String(-firstPayment)),
    c_ytd_payment: constant(String(firstPayment)),
    c_payment_cnt: one,
    c_delivery_cnt: zero,
    c_data: letters(400),
  })
}

function historyRows(population: Population): FillPart {
  const { customers } = population
  const { h_w_id: ofWarehouse, h_d_id: ofDistrict } = placeColumns('h', population, customers) as {
    h_w_id: ColumnGenerator
    h_d_id: ColumnGenerator
  }
  return fillPart(history, inDistricts(population, customers), {
    h_c_w_id: ofWarehouse,
    h_c_d_id: ofDistrict,
    h_c_id: sequence({ last: customers, of: customers }),
    h_w_id: ofWarehouse,
    h_d_id: ofDistrict,
    h_date: day,
    h_amount: constant(String(firstPayment)),
    h_data: letters(18),
  })
}

/** Lines of each order of a district; the same in every district, so that a row's place says which order it is of. */
function lineCounts({ customers }: Population): readonly number[] {
  const random = createRandom('lines of orders')
  return Array.from({ length: customers }, () => random.integer(orderLines.least, orderLines.most))
}

/** Orders of each district from number `first` on; those that are delivered have a carrier. */
function orderRows(population: Population, [first, last]: readonly [number, number], isDelivered: boolean): FillPart {
  const { customers } = population
  const counts = lineCounts(population)
  const each = last - first + 1
  const shuffled = createPermutation(customers, 'customers of orders')
  const numberOf = (index: number) => first + (index % each)
  // Each customer has one order, and another one in each district.
  const customerOf = (index: number) => ((shuffled(numberOf(index) - 1) + Math.floor(index / each)) % customers) + 1
  return fillPart(orders, inDistricts(population, each), {
    ...placeColumns('o', population, each),
    o_id: sequence({ last, from: first, of: each }),
    o_c_id: whole(customers, customerOf),
    o_entry_d: day,
    ...(isDelivered ? { o_carrier_id: uniform(1, 10) } : {}),
    o_ol_cnt: whole(orderLines.most, (index) => counts[numberOf(index) - 1] as number),
    o_all_local: one,
  })
}

/** Says of a row within a district which line of which order it is. */
function lineFinder(counts: readonly number[], first: number): (row: number) => { order: number; line: number } {
  const orderOf = counts.flatMap((count, at) => Array<number>(count).fill(first + at))
  const lineOf = counts.flatMap((count) => Array.from({ length: count }, (_, line) => line + 1))
  return (row) => ({ order: orderOf[row] as number, line: lineOf[row] as number })
}

function lineRows(population: Population, [first, last]: readonly [number, number], isDelivered: boolean): FillPart {
  const { warehouses, items } = population
  const counts = lineCounts(population).slice(first - 1, last)
  const each = counts.reduce((sum, count) => sum + count, 0)
  const find = lineFinder(counts, first)
  return fillPart(orderLine, inDistricts(population, each), {
    ...placeColumns('ol', population, each),
    ol_o_id: whole(last, (index) => find(index % each).order),
    ol_number: whole(orderLines.most, (index) => find(index % each).line),
    ol_i_id: uniform(1, items),
    ol_supply_w_id: sequence({ last: warehouses, each: each * districtsPerWarehouse }),
    ...(isDelivered ? { ol_delivery_d: day } : {}),
    ol_quantity: constant('5'),
    ol_amount: isDelivered ? zero : uniform(1, mostCents.line),
    ol_dist_info: letters(24),
  })
}

function newOrderRows(population: Population): FillPart {
  const { customers, delivered } = population
  const each = customers - delivered
  return fillPart(newOrder, inDistricts(population, each), {
    ...placeColumns('no', population, each),
    no_o_id: sequence({ last: customers, from: delivered + 1, of: each }),
  })
}

function itemRows({ items }: Population): FillPart {
  return fillPart(item, items, {
    i_id: sequence({ last: items }),
    i_im_id: uniform(1, 10_000),
    i_name: letters(19),
    i_price: uniform(100, mostCents.price),
    i_data: brandData(38),
  })
}

function stockRows({ warehouses, items }: Population): FillPart {
  const districts = Array.from({ length: districtsPerWarehouse }, (_, index): [string, ColumnGenerator] => [
    `s_dist_${String(index + 1).padStart(2, '0')}`,
    letters(24),
  ])
  return fillPart(stock, warehouses * items, {
    s_w_id: sequence({ last: warehouses, each: items }),
    s_i_id: sequence({ last: items, of: items }),
    s_quantity: uniform(10, 100),
    ...Object.fromEntries(districts),
    s_ytd: zero,
    s_order_cnt: zero,
    s_remote_cnt: zero,
    s_data: brandData(38),
  })
}

/** The tables with the rows of the specification (clause 4.3.3). */
export function tpccFilling(size: TpccSize): readonly TableFilling[] {
  const population = populationOf(size)
  const { customers, delivered } = population
  const [old, open] = [
    [1, delivered],
    [delivered + 1, customers],
  ] as const
  const ofItems = { 'district-customers': customers }
  const amount = { warehouses: population.warehouses, ...ofItems }
  return [
    { table: warehouse, amount, parts: [warehouseRows(population)] },
    { table: district, amount, parts: [districtRows(population)] },
    { table: customer, amount, parts: [customerRows(population)] },
    { table: history, amount, parts: [historyRows(population)] },
    { table: newOrder, amount, parts: [newOrderRows(population)] },
    { table: orders, amount, parts: [orderRows(population, old, true), orderRows(population, open, false)] },
    { table: orderLine, amount, parts: [lineRows(population, old, true), lineRows(population, open, false)] },
    { table: item, amount: ofItems, parts: [itemRows(population)] },
    { table: stock, amount, parts: [stockRows(population)] },
  ]
}
