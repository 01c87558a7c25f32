import { cutTo } from '../../base/cut-text.ts'
import { reasonOf } from '../../base/errors/errors.ts'
import { endWithin, type Clock } from '../../base/measure/clock.ts'
import { hideSecrets } from '../../base/secret-text.ts'
import type { Database } from '../../ports/database.ts'
import type { StatementCount, StatementStatistics } from '../../ports/database-facts.ts'
import type { ServerActivity } from '../../record/record.ts'

/** The statements of a run as its server counted them, or why there are none. */
type StatementCosts = Pick<ServerActivity, 'statements' | 'noStatements'>

/** Compares what a server counted of each statement before a run and after it. Never rejects. */
export interface StatementWatch {
  begin(): Promise<void>
  end(): Promise<StatementCosts>
}

/** Reading all that a full server keeps takes tens of milliseconds. */
const mostReadMs = 3000

const shownStatements = 10

/** Those that read statistics, ours among them, are no part of the load; their texts have to be read to know them. */
const readAlso = 40

/** Characters of a statement: the first hundreds say which one it is. */
const mostOfText = 400

const ofStatistics =
  /\b(?:pg_stat_\w+|pg_locks|pg_control_checkpoint|performance_schema|information_schema|innodb_metrics)\b|^show (?:global |session )?(?:status|variables)\b/i

/** A watch over the statements of `database`. */
export function watchStatements(
  { statementStatistics: statistics }: Pick<Database, 'statementStatistics'>,
  clock: Clock,
): StatementWatch {
  let before: readonly StatementCount[] = []
  let missing: string | null = null

  async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      const found = await endWithin(clock, mostReadMs, work())
      if (found === null) missing ??= 'the server took too long to tell them'
      return found
    } catch (error) {
      missing ??= reasonOf(error)
      return null
    }
  }

  async function readBefore({ unavailable, counts }: StatementStatistics): Promise<void> {
    const reason = await unavailable()
    if (reason === null) before = await counts()
    else missing = reason
  }

  return {
    async begin() {
      if (statistics) await attempt(() => readBefore(statistics).then(() => true))
    },
    async end() {
      if (!statistics) return {}
      const statements = missing === null ? await attempt(() => costliest(statistics, before)) : null
      return statements === null ? { noStatements: missing ?? 'nobody read them' } : { statements }
    },
  }
}

async function costliest(
  { counts, texts }: StatementStatistics,
  before: readonly StatementCount[],
): Promise<NonNullable<StatementCosts['statements']>> {
  const found = growthOf(before, await counts())
    .sort((a, b) => b.ms - a.ms)
    .slice(0, shownStatements + readAlso)
  const known = await texts(found.map(({ id }) => id))
  return found
    .flatMap(({ id, ...counted }) => {
      const text = known.get(id)
      return text === undefined || ofStatistics.test(text) ? [] : [{ text: shownText(text), ...counted }]
    })
    .slice(0, shownStatements)
}

/** Counts since then; all of a statement that the server had forgotten meanwhile, and counts anew. */
function growthOf(before: readonly StatementCount[], after: readonly StatementCount[]): StatementCount[] {
  const earlier = new Map(before.map((count) => [count.id, count]))
  return after.flatMap((count) => {
    const old = earlier.get(count.id)
    const since =
      old === undefined || old.calls > count.calls
        ? count
        : {
            ...count,
            calls: count.calls - old.calls,
            ms: count.ms - old.ms,
            rows: count.rows === null || old.rows === null ? null : count.rows - old.rows,
          }
    return since.calls > 0 ? [{ ...since, ms: Math.max(0, Math.round(since.ms * 1000) / 1000) }] : []
  })
}

/** On one line. The server left its values out, but for what it may not know to be one. */
function shownText(text: string): string {
  return cutTo(
    mostOfText,
    hideSecrets(
      text
        .slice(0, 4 * mostOfText)
        .replaceAll(/\s+/g, ' ')
        .trim(),
    ),
  )
}
