import type { Random } from '../../base/random.ts'
import type { DatabaseUser, TransactionResult } from '../../ports/database-user.ts'
import { createFindCustomer, type CustomerChoice } from './payment.ts'
import { rowOf, type StatementMaker } from './statements.ts'

/** All of one moment, whatever is committed meanwhile. */
const snapshot = { isolation: 'repeatable-read', readOnly: true } as const

export type OrderStatus = (
  user: Pick<DatabaseUser, 'transaction'>,
  customer: CustomerChoice,
) => Promise<TransactionResult<number>>

/** The transaction Order-Status (clause 2.6). Its value is how many lines the customer's last order has. */
export function createOrderStatus(ask: StatementMaker): OrderStatus {
  const find = createFindCustomer(ask)
  const balance = ask(
    'select customer',
    'select c_first, c_middle, c_last, c_balance from tpcc_customer where c_w_id = ? and c_d_id = ? and c_id = ?',
  )
  const last = ask(
    'select last order',
    'select o_id, o_entry_d, o_carrier_id from tpcc_orders where o_w_id = ? and o_d_id = ? and o_c_id = ? order by o_id desc limit 1',
  )
  const lines = ask(
    'select order lines',
    'select ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d from tpcc_order_line where ol_w_id = ? and ol_d_id = ? and ol_o_id = ?',
  )
  return (user, customer) =>
    user.transaction(
      'order-status',
      async (transaction) => {
        const place = [customer.warehouse, customer.district] as const
        const id = await find(transaction, customer)
        const key = [...place, id] as const
        rowOf(await balance(transaction, ...key), 'tpcc_customer', key.join('-'))
        const order = rowOf(await last(transaction, ...key), 'tpcc_orders', `customer ${key.join('-')}`)
        return (await lines(transaction, ...place, Number(order['o_id']))).rows.length
      },
      snapshot,
    )
}

/** A look at the stock of a terminal's own district, as the terminal is given it. */
export interface StockLevelInput {
  readonly warehouse: number
  readonly district: number
  readonly threshold: number
}

/** Draws the threshold (clause 2.8.1). */
export function drawStockLevel(
  random: Random,
  place: Pick<StockLevelInput, 'warehouse' | 'district'>,
): StockLevelInput {
  return { ...place, threshold: random.integer(10, 20) }
}

export type StockLevel = (
  user: Pick<DatabaseUser, 'transaction'>,
  input: StockLevelInput,
) => Promise<TransactionResult<number>>

/** Orders whose items are looked at. */
const recentOrders = 20

/** The transaction Stock-Level (clause 2.8). Its value is how many items of the last orders are low in stock. */
export function createStockLevel(ask: StatementMaker): StockLevel {
  const next = ask('select district', 'select d_next_o_id from tpcc_district where d_w_id = ? and d_id = ?')
  const low = ask(
    'count low stock',
    'select count(distinct s_i_id) as low from tpcc_order_line join tpcc_stock on s_w_id = ol_w_id and s_i_id = ol_i_id where ol_w_id = ? and ol_d_id = ? and ol_o_id >= ? and ol_o_id < ? and s_quantity < ?',
  )
  return (user, { warehouse, district, threshold }) =>
    user.transaction(
      'stock-level',
      async (transaction) => {
        const place = [warehouse, district] as const
        const row = rowOf(await next(transaction, ...place), 'tpcc_district', place.join('-'))
        const end = Number(row['d_next_o_id'])
        const { rows } = await low(transaction, ...place, end - recentOrders, end, threshold)
        return Number(rows[0]?.['low'])
      },
      snapshot,
    )
}
