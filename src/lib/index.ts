// The public API of the package: what a scenario of one's own imports.
export { defineScenario } from './load/scenarios/define-scenario.ts'
export type * from './ports/database-client.ts'
export type * from './ports/database-user.ts'
export type * from './ports/scenario.ts'
export { StatementError } from './base/errors/statement-error.ts'
