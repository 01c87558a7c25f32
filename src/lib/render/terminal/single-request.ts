import type { LoadModelRecord, LoadRecord } from '../../record/record.ts'

/** A single request was sent, of which the ledger has nothing. */
export function sendsOne({ model }: LoadRecord): boolean {
  return model !== undefined && model.kind !== 'closed' && model.request !== undefined
}

/** The open model of a report. */
export type OpenModel = Extract<LoadModelRecord | undefined, { kind: 'open' }>

/** What an open model starts: iterations, or a single request. */
export function startsOf({ request }: OpenModel): 'iterations' | 'requests' {
  return request === undefined ? 'iterations' : 'requests'
}
