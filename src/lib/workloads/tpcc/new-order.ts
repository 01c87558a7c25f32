import type { Random } from '../../base/random.ts'
import type { DatabaseUser, TransactionResult, TransactionUser } from '../../ports/database-user.ts'
import type { Row } from '../../ports/database-client.ts'
import { districtsPerWarehouse, nurand, orderLines, type NurandConstants, type Population } from './input.ts'
import { placeholders, rowOf, timeText, type TpccStatement, type StatementMaker } from './statements.ts'

/** A line of an order: from whose stock it comes, and how many. */
export interface NewLine {
  readonly item: number
  readonly supplier: number
  readonly quantity: number
}

/** An order as a terminal is given it. */
export interface NewOrderInput {
  readonly warehouse: number
  readonly district: number
  readonly customer: number
  readonly lines: readonly NewLine[]
}

/** Draws a warehouse other than `own`, each as likely as every other; `own` where there is no other. */
export function otherWarehouse(random: Random, own: number, warehouses: number): number {
  if (warehouses === 1) return own
  const drawn = random.integer(1, warehouses - 1)
  return drawn < own ? drawn : drawn + 1
}

/**
 * Draws an order of a warehouse (clause 2.4.1): 5 to 15 lines, one line in a hundred from another warehouse, and one order in
 * a hundred whose last line is of an item that there is not, so that it is rolled back.
 */
export function drawNewOrder(
  random: Random,
  { warehouses, customers, items }: Population,
  constants: NurandConstants,
  warehouse: number,
): NewOrderInput {
  const district = random.integer(1, districtsPerWarehouse)
  const customer = nurand(random, 'customer', constants.customer, [1, customers])
  const count = random.integer(orderLines.least, orderLines.most)
  const isRolledBack = random.integer(1, 100) === 1
  const lines = Array.from({ length: count }, (_, at) => ({
    item: isRolledBack && at === count - 1 ? items + 1 : nurand(random, 'item', constants.item, [1, items]),
    supplier: random.integer(1, 100) === 1 ? otherWarehouse(random, warehouse, warehouses) : warehouse,
    quantity: random.integer(1, 10),
  }))
  return { warehouse, district, customer, lines }
}

/** The statements of a new order. Lists have room for the longest order, so that there is one text for all. */
function newOrderStatements(ask: StatementMaker) {
  const items = placeholders(orderLines.most)
  const stockOf = (district: number): TpccStatement => {
    const info = `s_dist_${String(district).padStart(2, '0')}`
    // In the order of their keys, as every transaction locks them: two that wait for each other would have to begin again.
    return ask(
      'lock stock',
      `select s_i_id, s_quantity, s_data, ${info} as dist_info from tpcc_stock where s_w_id = ? and s_i_id in (${items}) order by s_i_id`,
      { locks: true },
    )
  }
  const linesOf = (count: number): TpccStatement =>
    ask(
      'insert order lines',
      `insert into tpcc_order_line (ol_w_id, ol_d_id, ol_o_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) values ${Array<string>(
        count,
      )
        .fill(`(${placeholders(9)})`)
        .join(', ')}`,
    )
  return {
    customer: ask(
      'select warehouse and customer',
      'select w_tax, c_discount, c_last, c_credit from tpcc_warehouse, tpcc_customer where w_id = ? and c_w_id = w_id and c_d_id = ? and c_id = ?',
    ),
    district: ask('lock district', 'select d_next_o_id, d_tax from tpcc_district where d_w_id = ? and d_id = ?', {
      locks: true,
    }),
    next: ask(
      'update district',
      'update tpcc_district set d_next_o_id = d_next_o_id + 1 where d_w_id = ? and d_id = ?',
    ),
    order: ask(
      'insert order',
      'insert into tpcc_orders (o_w_id, o_d_id, o_id, o_c_id, o_entry_d, o_ol_cnt, o_all_local) values (?, ?, ?, ?, ?, ?, ?)',
    ),
    open: ask('insert new order', 'insert into tpcc_new_order (no_w_id, no_d_id, no_o_id) values (?, ?, ?)'),
    items: ask('select items', `select i_id, i_price, i_name, i_data from tpcc_item where i_id in (${items})`),
    stock: Array.from({ length: districtsPerWarehouse }, (_, at) => stockOf(at + 1)),
    take: ask(
      'update stock',
      'update tpcc_stock set s_quantity = ?, s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? where s_w_id = ? and s_i_id = ?',
    ),
    lines: Array.from({ length: orderLines.most + 1 }, (_, count) => linesOf(Math.max(1, count))),
  }
}

/** The number that the order got, on the attempt that was the last, and what it comes to. */
export interface NewOrderResult {
  readonly number: number | null
  readonly result: TransactionResult<number>
}

export type NewOrder = (user: Pick<DatabaseUser, 'transaction'>, input: NewOrderInput) => Promise<NewOrderResult>

/** The transaction New-Order (clause 2.4). Its value is the total, in cents. */
export function createNewOrder(ask: StatementMaker): NewOrder {
  const statements = newOrderStatements(ask)
  return async (user, input) => {
    let number: number | null = null
    const result = await user.transaction(
      'new-order',
      (transaction) => placeOrder(transaction, statements, input, (given) => (number = given)),
      { isolation: 'read-committed' },
    )
    return { number, result }
  }
}

type Statements = ReturnType<typeof newOrderStatements>

async function placeOrder(
  transaction: TransactionUser,
  statements: Statements,
  { warehouse, district, customer, lines }: NewOrderInput,
  onNumber: (number: number) => void,
): Promise<number> {
  const place = `district ${warehouse}-${district}`
  const buyer = rowOf(
    await statements.customer(transaction, warehouse, district, customer),
    'tpcc_customer',
    `${place}-${customer}`,
  )
  const counter = rowOf(await statements.district(transaction, warehouse, district), 'tpcc_district', place)
  const number = Number(counter['d_next_o_id'])
  onNumber(number)
  await statements.next(transaction, warehouse, district)
  const isLocal = lines.every(({ supplier }) => supplier === warehouse)
  const order = [warehouse, district, number] as const
  await statements.order(transaction, ...order, customer, timeText(new Date()), lines.length, Number(isLocal))
  await statements.open(transaction, ...order)
  const found = await statements.items(transaction, ...filledUp(lines.map(({ item }) => item)))
  const items = new Map(found.rows.map((row) => [Number(row['i_id']), row]))
  const valid = lines.filter(({ item }) => items.has(item))
  const stock = await takeStock(transaction, statements, { warehouse, district }, valid)
  const stored = valid.map((line, at) => {
    const amount = line.quantity * Number(items.get(line.item)?.['i_price'])
    const info = String(stock.get(keyOf(line))?.['dist_info'])
    return { amount, values: [...order, at + 1, line.item, line.supplier, line.quantity, amount, info] }
  })
  const insertLines = statements.lines[stored.length] as TpccStatement
  await insertLines(transaction, ...stored.flatMap(({ values }) => values))
  // Only now, as the specification has it: all of the work is done, and for nothing.
  if (valid.length < lines.length) await transaction.rollback()
  const sum = stored.reduce((total, { amount }) => total + amount, 0)
  const taxes = Number(buyer['w_tax']) + Number(counter['d_tax'])
  return Math.round((sum * (10_000 - Number(buyer['c_discount'])) * (10_000 + taxes)) / 100_000_000)
}

const keyOf = ({ supplier, item }: NewLine): string => `${supplier}-${item}`

/** As many values as lists have room for: the first again and again. */
function filledUp(values: readonly number[]): number[] {
  return Array.from({ length: orderLines.most }, (_, at) => values[at] ?? (values[0] as number))
}

/** Takes the lines out of stock, in the order of warehouses and items, and returns the rows by their keys. */
async function takeStock(
  transaction: TransactionUser,
  statements: Statements,
  { warehouse, district }: Pick<NewOrderInput, 'warehouse' | 'district'>,
  lines: readonly NewLine[],
): Promise<ReadonlyMap<string, Row>> {
  const rows = new Map<string, Row>()
  const bySupplier = Map.groupBy(lines, ({ supplier }) => supplier)
  const lock = statements.stock[district - 1] as TpccStatement
  for (const supplier of [...bySupplier.keys()].toSorted((a, b) => a - b)) {
    const ordered = (bySupplier.get(supplier) ?? []).toSorted((a, b) => a.item - b.item)
    const { rows: found } = await lock(transaction, supplier, ...filledUp(ordered.map(({ item }) => item)))
    const left = new Map(found.map((row) => [Number(row['s_i_id']), Number(row['s_quantity'])]))
    for (const row of found) rows.set(keyOf({ supplier, item: Number(row['s_i_id']), quantity: 0 }), row)
    for (const line of ordered) {
      const before = left.get(line.item)
      if (before === undefined) throw new Error(`tpcc_stock has no row for ${keyOf(line)}`)
      // Stock that would fall below 10 is filled up by 91 (clause 2.4.2.2).
      const after = before >= line.quantity + 10 ? before - line.quantity : before - line.quantity + 91
      left.set(line.item, after)
      const isRemote = Number(supplier !== warehouse)
      await statements.take(transaction, after, line.quantity, isRemote, supplier, line.item)
    }
  }
  return rows
}
