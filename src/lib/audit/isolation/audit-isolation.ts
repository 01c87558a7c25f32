import type { TransactionHistory } from '../../ports/transaction-history.ts'
import type { Violation } from '../../ports/workload.ts'
import { countOf } from '../../base/format.ts'
import type { AnomalyRecord, IsolationRecord } from '../../record/isolation-record.ts'
import { forbids, judgeHistory } from './judge.ts'

/**
 * Judges a history: yields a violation for each kind of anomaly that the level asked for forbids. `onJudged` is told the whole
 * verdict, which names what that level allows as well.
 */
export function* auditIsolation(
  history: TransactionHistory,
  onJudged: (isolation: IsolationRecord) => void,
): Generator<Violation> {
  const isolation = judgeHistory(history)
  onJudged(isolation)
  const { asked } = history
  for (const anomaly of isolation.anomalies) {
    if (asked !== undefined && forbids(asked, anomaly.kind)) yield violationOf(anomaly)
  }
}

function violationOf({ kind, count, atLeast = false, story }: AnomalyRecord): Violation {
  const times = `${atLeast ? 'at least ' : ''}${countOf(count, 'time')}`
  return { kind: kind === 'lost-write' ? 'lost' : 'inconsistent', key: kind, detail: `${times}, such as: ${story}` }
}
