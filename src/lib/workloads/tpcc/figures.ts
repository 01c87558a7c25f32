import { formatNumber, formatShare } from '../../base/format.ts'
import type { MeasuredRun, WorkloadFigure } from '../../ports/workload.ts'
import type { TransactionName } from './scenarios.ts'

/** The step that is counted. */
const counted: TransactionName = 'new-order'

const notAudited = 'this is no audited TPC result, and not to be compared with one'

/**
 * New orders that were committed a minute, and their share of all transactions that were made to their end. Those that were
 * rolled back on purpose count for nothing, and those that ended after the end of the run neither.
 */
export function tpccFigures({ steps, outcomes }: MeasuredRun): readonly WorkloadFigure[] {
  const newOrders = steps.find(({ name }) => name === counted)
  if (!newOrders || newOrders.requests === 0) return []
  const tpmC = (newOrders.rps * 60 * outcomes.booked) / newOrders.requests
  const made = steps.reduce((sum, { requests, failures }) => sum + requests - failures, 0)
  const figures = [{ label: 'tpmC', value: tpmC, text: formatNumber(tpmC), note: `new orders a minute; ${notAudited}` }]
  if (made === 0) return figures
  const share = (newOrders.requests - newOrders.failures) / made
  return [
    ...figures,
    { label: 'new orders', value: share, text: formatShare(share), note: 'of all transactions that did not fail' },
  ]
}
