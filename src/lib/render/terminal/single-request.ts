import type { LoadReport } from '../../record/record.ts'

/** A single request was sent, of which the ledger has nothing. */
export function sendsOne({ model }: LoadReport['load']): boolean {
  return model !== undefined && model.kind !== 'closed' && model.request !== undefined
}

/** The open model of a report. */
export type OpenModel = Extract<LoadReport['load']['model'], { kind: 'open' }>

/** What an open model starts: iterations, or a single request. */
export function startsOf({ request }: OpenModel): 'iterations' | 'requests' {
  return request === undefined ? 'iterations' : 'requests'
}
