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
  /** Called each second. */
  tick(): Promise<void>
  end(): Promise<void>
  /** As of the end. */
  costs(): StatementCosts
}

/** Reading all that a full server keeps takes tens of milliseconds. */
const mostReadMs = 5000

const shownStatements = 10

/** Those that read statistics and settings, ours among them, are no part of the load; their texts have to be read to know them. */
const readAlso = 40

/** Characters of a statement: the first hundreds say which one it is. */
const mostOfText = 400

/** Quoted texts, also one that is cut off; a name in double quotes is none. */
const literals = /'(?:[^']|'')*(?:'|$)|(\$[a-z_]*\$)[^]*?(?:\1|$)/gi

const ofStatistics =
  /\b(?:pg_stat_\w+|pg_locks|pg_settings|pg_extension|pg_control_checkpoint|set_config|current_setting|performance_schema|information_schema|innodb_metrics)\b|^show (?:global |session )?(?:status|variables)\b|^select @@/i

/** A watch over the statements of `database`. */
export function watchStatements(
  { statementStatistics: statistics }: Pick<Database, 'statementStatistics'>,
  clock: Clock,
): StatementWatch {
  let before: readonly StatementCount[] = []
  let missing: string | null = null
  let statements: StatementCosts['statements'] | null = null

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
    async tick() {
      if (statistics?.forgetsSessions && missing === null) await attempt(() => statistics.counts())
    },
    async end() {
      if (statistics && missing === null) statements = await attempt(() => costliest(statistics, before))
    },
    costs() {
      if (!statistics) return {}
      return statements ? { statements } : { noStatements: missing ?? 'nobody read them' }
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
  const known = await texts(found.map(({ kind }) => kind))
  return found
    .flatMap(({ kind, calls, ms, rows }) => {
      const text = known.get(kind)
      if (text === undefined || ofStatistics.test(text)) return []
      return [{ text: shownText(text), calls, ms: Math.round(ms * 1000) / 1000, rows }]
    })
    .slice(0, shownStatements)
}

type Growth = Omit<StatementCount, 'id'>

/** Counts since then, of statements of one text together; all of one that the server had forgotten meanwhile, and counts anew. */
function growthOf(before: readonly StatementCount[], after: readonly StatementCount[]): Growth[] {
  const earlier = new Map(before.map((count) => [count.id, count]))
  const sums = new Map<string, Growth>()
  for (const { id, kind, calls, ms, rows } of after) {
    const old = earlier.get(id)
    const since = old !== undefined && old.calls <= calls ? old : { calls: 0, ms: 0, rows: 0 }
    if (calls === since.calls) continue
    const sum = sums.get(kind) ?? { calls: 0, ms: 0, rows: 0 }
    sums.set(kind, {
      kind,
      calls: sum.calls + calls - since.calls,
      ms: sum.ms + Math.max(0, ms - since.ms),
      rows: rows === null || sum.rows === null ? null : sum.rows + rows - (since.rows ?? 0),
    })
  }
  return [...sums.values()]
}

/** On one line. The server left values out where it normalises a text, which it does not do with all. */
function shownText(text: string): string {
  const line = text
    .slice(0, 4 * mostOfText)
    .replaceAll(literals, '?')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return cutTo(mostOfText, hideSecrets(line))
}
