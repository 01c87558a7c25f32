import { redactUrl } from '../../base/redact-url.ts'
import { failure } from '../../base/errors/errors.ts'
import type { ResolvedConfig } from '../../config/resolve.ts'
import type { DatabaseAccess } from '../../load/engine/load-job.ts'
import type { ScenarioFacts } from '../../load/scenarios/scenario-facts.ts'
import type { FaultSubject } from '../../load/faults/faults.ts'
import type { BuiltInWorkload } from '../../workloads/registry.ts'

/** Says what users talk to; a person's own scenario says itself that they need a database, and SQL always does. */
export function subjectOf(
  { values }: ResolvedConfig,
  workload: BuiltInWorkload,
  scenario: ScenarioFacts | null,
): FaultSubject {
  if (values.sql !== undefined) return 'database'
  if (values.target !== undefined) return 'given API'
  const needsApi = scenario ? !scenario.usesDatabase : workload.serve !== undefined
  return needsApi ? 'own API' : 'database'
}

/** Throws `usage-wrong` for a workload without an API where one is asked for. */
export function requireFitting(
  { request }: { readonly request?: string | undefined },
  { name, serve }: BuiltInWorkload,
  scenario: ScenarioFacts | null,
  subject: FaultSubject,
): void {
  const wrong = (reason: string) =>
    failure('usage-wrong', { reason: `The workload ${name} loads the database itself: ${reason}` })
  if (subject === 'database' && request !== undefined) throw wrong('leave out --request.')
  if (serve || request !== undefined) return
  if (subject === 'own API') throw wrong('it has no API that a scenario could load.')
  if (subject === 'given API' && !scenario) throw wrong('leave out --target, and name the database by --db.')
}

/** Throws `usage-wrong` for a database with a password, which a queue would show to all that may read it. */
export function requireWithoutPassword(access: DatabaseAccess | null): void {
  if (!access || redactUrl(access.url) === access.url) return
  throw failure('usage-wrong', {
    reason:
      'The queue carries no passwords: name a database user by --db that needs none from the machines of the workers, or leave out --queue.',
  })
}
