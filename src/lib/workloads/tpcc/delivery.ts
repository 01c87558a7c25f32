import type { Random } from '../../base/random.ts'
import type { DatabaseUser, TransactionResult, TransactionUser } from '../../ports/database-user.ts'
import { districtsPerWarehouse } from './input.ts'
import { rowOf, timeText, type StatementMaker } from './statements.ts'

/** A delivery as a terminal is given it. */
export interface DeliveryInput {
  readonly warehouse: number
  readonly carrier: number
}

/** Draws a delivery of a warehouse (clause 2.7.1). */
export function drawDelivery(random: Random, warehouse: number): DeliveryInput {
  return { warehouse, carrier: random.integer(1, 10) }
}

function deliveryStatements(ask: StatementMaker) {
  return {
    oldest: ask(
      'lock oldest new order',
      'select no_o_id from tpcc_new_order where no_w_id = ? and no_d_id = ? order by no_o_id limit 1',
      { locks: true },
    ),
    close: ask('delete new order', 'delete from tpcc_new_order where no_w_id = ? and no_d_id = ? and no_o_id = ?'),
    order: ask('select order', 'select o_c_id from tpcc_orders where o_w_id = ? and o_d_id = ? and o_id = ?'),
    carry: ask('update order', 'update tpcc_orders set o_carrier_id = ? where o_w_id = ? and o_d_id = ? and o_id = ?'),
    deliver: ask(
      'update order lines',
      'update tpcc_order_line set ol_delivery_d = ? where ol_w_id = ? and ol_d_id = ? and ol_o_id = ?',
    ),
    amount: ask(
      'sum order lines',
      'select sum(ol_amount) as amount from tpcc_order_line where ol_w_id = ? and ol_d_id = ? and ol_o_id = ?',
    ),
    charge: ask(
      'update customer',
      'update tpcc_customer set c_balance = c_balance + ?, c_delivery_cnt = c_delivery_cnt + 1 where c_w_id = ? and c_d_id = ? and c_id = ?',
    ),
  }
}

type Statements = ReturnType<typeof deliveryStatements>

/** Orders that were delivered, one of each district that had one. */
export type Delivery = (
  user: Pick<DatabaseUser, 'transaction'>,
  input: DeliveryInput,
) => Promise<TransactionResult<number>>

/** The transaction Delivery (clause 2.7), all ten districts in one. */
export function createDelivery(ask: StatementMaker): Delivery {
  const statements = deliveryStatements(ask)
  return (user, { warehouse, carrier }) =>
    user.transaction(
      'delivery',
      async (transaction) => {
        let delivered = 0
        for (let district = 1; district <= districtsPerWarehouse; district++)
          if (await deliverOldest(transaction, statements, [warehouse, district], carrier)) delivered++
        return delivered
      },
      { isolation: 'read-committed' },
    )
}

/** How often the oldest order is looked for: the one that was found may be delivered by another while its lock is waited for. */
const mostLooks = 3

/** False where a district has no order left that is to be delivered, which the specification lets pass. */
async function deliverOldest(
  transaction: TransactionUser,
  statements: Statements,
  place: readonly [warehouse: number, district: number],
  carrier: number,
): Promise<boolean> {
  let number: number | null = null
  for (let look = 0; number === null && look < mostLooks; look++) {
    const { rows } = await statements.oldest(transaction, ...place)
    if (rows[0]) number = Number(rows[0]['no_o_id'])
  }
  if (number === null) return false
  const order = [...place, number] as const
  await statements.close(transaction, ...order)
  const customer = Number(
    rowOf(await statements.order(transaction, ...order), 'tpcc_orders', order.join('-'))['o_c_id'],
  )
  await statements.carry(transaction, carrier, ...order)
  await statements.deliver(transaction, timeText(new Date()), ...order)
  const { rows } = await statements.amount(transaction, ...order)
  await statements.charge(transaction, Number(rows[0]?.['amount']), ...place, customer)
  return true
}
