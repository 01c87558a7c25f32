import type { Random } from '../../base/random.ts'
import type { Row } from '../../ports/database-client.ts'
import type { DatabaseUser, TransactionResult, TransactionUser } from '../../ports/database-user.ts'
import { districtsPerWarehouse, lastName, nurand, type NurandConstants, type Population } from './input.ts'
import { otherWarehouse } from './new-order.ts'
import { rowOf, timeText, type TpccStatement, type StatementMaker } from './statements.ts'

/** A customer by number, or by last name. */
export interface CustomerChoice {
  readonly warehouse: number
  readonly district: number
  readonly by: { readonly id: number } | { readonly name: string }
}

/** A payment as a terminal is given it; the amount in cents. */
export interface PaymentInput {
  readonly warehouse: number
  readonly district: number
  readonly customer: CustomerChoice
  readonly amount: number
}

/** Draws a customer of a district: by last name in 60 of 100 times, else by number. */
export function drawCustomer(
  random: Random,
  { customers, lastNames }: Population,
  constants: NurandConstants,
  { warehouse, district }: Pick<CustomerChoice, 'warehouse' | 'district'>,
): CustomerChoice {
  const byName = random.integer(1, 100) <= 60
  const by = byName
    ? { name: lastName(nurand(random, 'lastName', constants.lastName, [0, lastNames - 1])) }
    : { id: nurand(random, 'customer', constants.customer, [1, customers]) }
  return { warehouse, district, by }
}

/** Draws a payment at a warehouse (clause 2.5.1): in 15 of 100 times of a customer of another one. */
export function drawPayment(
  random: Random,
  population: Population,
  constants: NurandConstants,
  warehouse: number,
): PaymentInput {
  const district = random.integer(1, districtsPerWarehouse)
  const isRemote = population.warehouses > 1 && random.integer(1, 100) > 85
  const place = isRemote
    ? {
        warehouse: otherWarehouse(random, warehouse, population.warehouses),
        district: random.integer(1, districtsPerWarehouse),
      }
    : { warehouse, district }
  return {
    warehouse,
    district,
    customer: drawCustomer(random, population, constants, place),
    amount: random.integer(100, 500_000),
  }
}

/** Finds the number of a customer: of those with the last name the one in the middle, by first names (clause 2.5.2.2). */
export type FindCustomer = (transaction: TransactionUser, customer: CustomerChoice) => Promise<number>

export function createFindCustomer(ask: StatementMaker): FindCustomer {
  const named = ask(
    'select customers by name',
    'select c_id from tpcc_customer where c_w_id = ? and c_d_id = ? and c_last = ? order by c_first',
  )
  return async (transaction, { warehouse, district, by }) => {
    if ('id' in by) return by.id
    const { rows } = await named(transaction, warehouse, district, by.name)
    const middle = rows[Math.ceil(rows.length / 2) - 1]
    if (!middle) throw new Error(`tpcc_customer has nobody of the name ${by.name.trim()} in ${warehouse}-${district}`)
    return Number(middle['c_id'])
  }
}

function paymentStatements(ask: StatementMaker) {
  const address = (letter: string) =>
    ['name', 'street_1', 'street_2', 'city', 'state', 'zip'].map((name) => `${letter}_${name}`).join(', ')
  const charge = (more: string): TpccStatement =>
    ask(
      'update customer',
      `update tpcc_customer set c_balance = c_balance - ?, c_ytd_payment = c_ytd_payment + ?, c_payment_cnt = c_payment_cnt + 1${more} where c_w_id = ? and c_d_id = ? and c_id = ?`,
    )
  return {
    find: createFindCustomer(ask),
    addToWarehouse: ask('update warehouse', 'update tpcc_warehouse set w_ytd = w_ytd + ? where w_id = ?'),
    warehouse: ask('select warehouse', `select ${address('w')} from tpcc_warehouse where w_id = ?`),
    addToDistrict: ask('update district', 'update tpcc_district set d_ytd = d_ytd + ? where d_w_id = ? and d_id = ?'),
    district: ask('select district', `select ${address('d')} from tpcc_district where d_w_id = ? and d_id = ?`),
    customer: ask(
      'lock customer',
      'select c_first, c_middle, c_last, c_street_1, c_street_2, c_city, c_state, c_zip, c_phone, c_since, c_credit, c_credit_lim, c_discount, c_balance, c_data from tpcc_customer where c_w_id = ? and c_d_id = ? and c_id = ?',
      { locks: true },
    ),
    pay: charge(''),
    payOnBadCredit: charge(', c_data = ?'),
    history: ask(
      'insert history',
      'insert into tpcc_history (h_c_w_id, h_c_d_id, h_c_id, h_w_id, h_d_id, h_date, h_amount, h_data) values (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
  }
}

export type Payment = (user: Pick<DatabaseUser, 'transaction'>, input: PaymentInput) => Promise<TransactionResult<void>>

/** The transaction Payment (clause 2.5). */
export function createPayment(ask: StatementMaker): Payment {
  const statements = paymentStatements(ask)
  return (user, input) =>
    user.transaction('payment', (transaction) => pay(transaction, statements, input), { isolation: 'read-committed' })
}

async function pay(
  transaction: TransactionUser,
  statements: ReturnType<typeof paymentStatements>,
  { warehouse, district, customer, amount }: PaymentInput,
): Promise<void> {
  const place = [warehouse, district] as const
  await statements.addToWarehouse(transaction, amount, warehouse)
  const paidAt = rowOf(await statements.warehouse(transaction, warehouse), 'tpcc_warehouse', String(warehouse))
  await statements.addToDistrict(transaction, amount, ...place)
  const within = rowOf(await statements.district(transaction, ...place), 'tpcc_district', place.join('-'))
  const id = await statements.find(transaction, customer)
  const key = [customer.warehouse, customer.district, id] as const
  const row = rowOf(await statements.customer(transaction, ...key), 'tpcc_customer', key.join('-'))
  if (row['c_credit'] === 'BC') {
    const data = `${[id, customer.district, customer.warehouse, district, warehouse, amount].join(' ')} | ${textOf(row, 'c_data')}`
    await statements.payOnBadCredit(transaction, amount, amount, data.slice(0, longestData), ...key)
  } else await statements.pay(transaction, amount, amount, ...key)
  const names = `${textOf(paidAt, 'w_name')}    ${textOf(within, 'd_name')}`
  await statements.history(transaction, ...key, ...place, timeText(new Date()), amount, names)
}

/** Characters of c_data. */
const longestData = 500

function textOf(row: Row, column: string): string {
  return String(row[column]).trim()
}
