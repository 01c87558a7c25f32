import { createHash } from 'node:crypto'
import type { PostgresUrl } from './url.ts'
import type { ConnectionFacts } from '../../../ports/database-facts.ts'

/** Names for prepared statements, for as long as they can be had. */
export interface StatementNames {
  /** Undefined where the statement is not to stay prepared. */
  nameOf(text: string): string | undefined
  /** Told of errors: after one that says that names are lost, there are none any more. */
  note(error: unknown): void
}

/** Characters of the hash: among a few hundred statements no two are alike. */
const hashLength = 20

/**
 * Names statements after their text: where several clients share a session, whoever has prepared a name has prepared the
 * same. Behind a pooler the next statement may meet a session that knows none of them, so that they get no names there
 * unless the URL asks for them.
 */
export function createStatementNames(
  { preparedStatements }: Pick<PostgresUrl, 'preparedStatements'>,
  { pooled }: ConnectionFacts,
): StatementNames {
  let isNamed = preparedStatements === null ? !pooled : preparedStatements === 'named'
  const names = new Map<string, string>()
  return {
    nameOf(text) {
      if (!isNamed) return undefined
      let name = names.get(text)
      if (name === undefined) {
        name = `rushbench_${createHash('sha256').update(text).digest('hex').slice(0, hashLength)}`
        names.set(text, name)
      }
      return name
    },
    note(error) {
      if (isLostStatement(error)) isNamed = false
    },
  }
}

/** A name that the session does not know, or one that another client has given: nothing was done. */
function isLostStatement(error: unknown): boolean {
  return ['26000', '42P05'].includes((error as { code?: string } | null)?.code ?? '')
}
