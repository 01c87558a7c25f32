import type { Row } from '../../ports/database-client.ts'

/** A consistency condition: rows of its statement break it. */
export interface ConsistencyCondition {
  readonly sql: string
  /** The thing that a row is about: a warehouse, a district, an order, a customer. */
  readonly keyOf: (row: Row) => string
  /** Both numbers that should agree. */
  readonly detailOf: (row: Row) => string
}

/** Cents as an amount of two decimals. Sums come as texts where the engine has wider numbers for them. */
function money(row: Row, column: string): string {
  return (Number(row[column]) / 100).toFixed(2)
}

function key(kind: string, ...columns: readonly string[]): (row: Row) => string {
  return (row) => `${kind} ${columns.map((column) => String(row[column])).join('-')}`
}

const warehouse = key('warehouse', 'w_id')
const district = key('district', 'd_w_id', 'd_id')
const order = key('order', 'o_w_id', 'o_d_id', 'o_id')

/** Sums of the history by what it was paid at. */
const paidAt = (columns: string) =>
  `select ${columns}, sum(h_amount) as paid from tpcc_history group by ${columns.replaceAll(/ as \w+/g, '')}`

/** The lines of each order: how many there are, and how many are delivered. */
const linesOfOrders = `select ol_w_id, ol_d_id, ol_o_id, count(*) as line_count, count(ol_delivery_d) as delivered from tpcc_order_line group by ol_w_id, ol_d_id, ol_o_id`

/** Conditions of warehouses and districts (clauses 3.3.2.1 to 3.3.2.4, 3.3.2.8, 3.3.2.9). */
const ofPlaces: readonly ConsistencyCondition[] = [
  {
    sql: `select w_id, w_ytd, coalesce(d.total, 0) as total from tpcc_warehouse left join (select d_w_id, sum(d_ytd) as total from tpcc_district group by d_w_id) d on d.d_w_id = w_id where w_ytd <> coalesce(d.total, 0)`,
    keyOf: warehouse,
    detailOf: (row) => `condition 1: W_YTD is ${money(row, 'w_ytd')}, the sum of D_YTD ${money(row, 'total')}`,
  },
  {
    sql: `select d_w_id, d_id, d_next_o_id, coalesce(o.largest, 0) as largest from tpcc_district left join (select o_w_id, o_d_id, max(o_id) as largest from tpcc_orders group by o_w_id, o_d_id) o on o.o_w_id = d_w_id and o.o_d_id = d_id where d_next_o_id - 1 <> coalesce(o.largest, 0)`,
    keyOf: district,
    detailOf: (row) =>
      `condition 2: D_NEXT_O_ID - 1 is ${Number(row['d_next_o_id']) - 1}, the largest O_ID ${Number(row['largest'])}`,
  },
  {
    // A district whose orders are all delivered has none.
    sql: `select d_w_id, d_id, d_next_o_id, n.largest from tpcc_district join (select no_w_id, no_d_id, max(no_o_id) as largest from tpcc_new_order group by no_w_id, no_d_id) n on n.no_w_id = d_w_id and n.no_d_id = d_id where d_next_o_id - 1 <> n.largest`,
    keyOf: district,
    detailOf: (row) =>
      `condition 2: D_NEXT_O_ID - 1 is ${Number(row['d_next_o_id']) - 1}, the largest NO_O_ID ${Number(row['largest'])}`,
  },
  {
    sql: `select no_w_id as d_w_id, no_d_id as d_id, max(no_o_id) - min(no_o_id) + 1 as span, count(*) as found from tpcc_new_order group by no_w_id, no_d_id having max(no_o_id) - min(no_o_id) + 1 <> count(*)`,
    keyOf: district,
    detailOf: (row) =>
      `condition 3: NO_O_ID from the smallest to the largest are ${Number(row['span'])}, the rows ${Number(row['found'])}`,
  },
  {
    sql: `select d_w_id, d_id, coalesce(o.promised, 0) as promised, coalesce(l.found, 0) as found from tpcc_district left join (select o_w_id, o_d_id, sum(o_ol_cnt) as promised from tpcc_orders group by o_w_id, o_d_id) o on o.o_w_id = d_w_id and o.o_d_id = d_id left join (select ol_w_id, ol_d_id, count(*) as found from tpcc_order_line group by ol_w_id, ol_d_id) l on l.ol_w_id = d_w_id and l.ol_d_id = d_id where coalesce(o.promised, 0) <> coalesce(l.found, 0)`,
    keyOf: district,
    detailOf: (row) =>
      `condition 4: the sum of O_OL_CNT is ${Number(row['promised'])}, the order lines are ${Number(row['found'])}`,
  },
  {
    sql: `select w_id, w_ytd, coalesce(h.paid, 0) as paid from tpcc_warehouse left join (${paidAt('h_w_id')}) h on h.h_w_id = w_id where w_ytd <> coalesce(h.paid, 0)`,
    keyOf: warehouse,
    detailOf: (row) => `condition 8: W_YTD is ${money(row, 'w_ytd')}, the sum of H_AMOUNT ${money(row, 'paid')}`,
  },
  {
    sql: `select d_w_id, d_id, d_ytd, coalesce(h.paid, 0) as paid from tpcc_district left join (${paidAt('h_w_id, h_d_id')}) h on h.h_w_id = d_w_id and h.h_d_id = d_id where d_ytd <> coalesce(h.paid, 0)`,
    keyOf: district,
    detailOf: (row) => `condition 9: D_YTD is ${money(row, 'd_ytd')}, the sum of H_AMOUNT ${money(row, 'paid')}`,
  },
]

/** Conditions of orders (clauses 3.3.2.5 to 3.3.2.7). */
const ofOrders: readonly ConsistencyCondition[] = [
  {
    sql: `select o_w_id, o_d_id, o_id, o_carrier_id, no_o_id from tpcc_orders left join tpcc_new_order on no_w_id = o_w_id and no_d_id = o_d_id and no_o_id = o_id where (o_carrier_id is null and no_o_id is null) or (o_carrier_id is not null and no_o_id is not null)`,
    keyOf: order,
    detailOf: ({ o_carrier_id: carrier }) =>
      carrier === null
        ? 'condition 5: O_CARRIER_ID is null, and NEW-ORDER has no row of it'
        : `condition 5: O_CARRIER_ID is ${Number(carrier)}, and NEW-ORDER has a row of it`,
  },
  {
    sql: `select no_w_id as o_w_id, no_d_id as o_d_id, no_o_id as o_id from tpcc_new_order left join tpcc_orders on o_w_id = no_w_id and o_d_id = no_d_id and o_id = no_o_id where o_id is null`,
    keyOf: order,
    detailOf: () => 'condition 5: NEW-ORDER has a row of it, and ORDER has none',
  },
  {
    sql: `select o_w_id, o_d_id, o_id, o_ol_cnt, coalesce(l.line_count, 0) as found from tpcc_orders left join (${linesOfOrders}) l on l.ol_w_id = o_w_id and l.ol_d_id = o_d_id and l.ol_o_id = o_id where o_ol_cnt <> coalesce(l.line_count, 0)`,
    keyOf: order,
    detailOf: (row) =>
      `condition 6: O_OL_CNT is ${Number(row['o_ol_cnt'])}, the order lines are ${Number(row['found'])}`,
  },
  {
    sql: `select l.ol_w_id as o_w_id, l.ol_d_id as o_d_id, l.ol_o_id as o_id, l.line_count as found from (${linesOfOrders}) l left join tpcc_orders on o_w_id = l.ol_w_id and o_d_id = l.ol_d_id and o_id = l.ol_o_id where o_id is null`,
    keyOf: order,
    detailOf: (row) => `condition 6: ORDER has no row of it, the order lines are ${Number(row['found'])}`,
  },
  {
    sql: `select o_w_id, o_d_id, o_id, o_carrier_id, l.line_count as line_count, l.delivered as delivered from tpcc_orders join (${linesOfOrders}) l on l.ol_w_id = o_w_id and l.ol_d_id = o_d_id and l.ol_o_id = o_id where l.delivered <> case when o_carrier_id is null then 0 else l.line_count end`,
    keyOf: order,
    detailOf: (row) => {
      const carrier = row['o_carrier_id'] === null ? 'null' : String(row['o_carrier_id'])
      return `condition 7: O_CARRIER_ID is ${carrier}, and of ${Number(row['line_count'])} order lines ${Number(row['delivered'])} have an OL_DELIVERY_D`
    },
  },
]

/** Balances beside what was delivered and paid (clauses 3.3.2.10 and 3.3.2.12). */
const ofCustomers: readonly ConsistencyCondition[] = [
  {
    sql: `select c_w_id, c_d_id, c_id, c_balance, c_ytd_payment, coalesce(l.amount, 0) as delivered, coalesce(h.paid, 0) as paid from tpcc_customer left join (select o_w_id, o_d_id, o_c_id, sum(ol_amount) as amount from tpcc_orders join tpcc_order_line on ol_w_id = o_w_id and ol_d_id = o_d_id and ol_o_id = o_id where ol_delivery_d is not null group by o_w_id, o_d_id, o_c_id) l on l.o_w_id = c_w_id and l.o_d_id = c_d_id and l.o_c_id = c_id left join (${paidAt('h_c_w_id, h_c_d_id, h_c_id')}) h on h.h_c_w_id = c_w_id and h.h_c_d_id = c_d_id and h.h_c_id = c_id where c_balance <> coalesce(l.amount, 0) - coalesce(h.paid, 0) or c_balance + c_ytd_payment <> coalesce(l.amount, 0)`,
    keyOf: key('customer', 'c_w_id', 'c_d_id', 'c_id'),
    detailOf: (row) => {
      const isTenth = Number(row['c_balance']) !== Number(row['delivered']) - Number(row['paid'])
      const which = isTenth ? 'condition 10' : 'condition 12'
      return `${which}: C_BALANCE is ${money(row, 'c_balance')} and C_YTD_PAYMENT ${money(row, 'c_ytd_payment')}, delivered OL_AMOUNT ${money(row, 'delivered')}, the sum of H_AMOUNT ${money(row, 'paid')}`
    },
  },
]

/**
 * The consistency conditions of the specification (its clause 3.3.2), but for the eleventh, which holds only until the first
 * order is delivered.
 */
export const conditions: readonly ConsistencyCondition[] = [...ofPlaces, ...ofOrders, ...ofCustomers]
