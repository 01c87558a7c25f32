import { defineTable, integer, text, uuidColumn } from '../../shared/tables.ts'
import type { SagaStep } from './contract.ts'

/** How far a saga is. Its key comes with the event that began it, so that it begins once. */
export interface SagaRow {
  readonly id: string
  readonly post_id: string
  readonly user_id: string
  readonly step: Exclude<SagaStep, 'waiting'>
  readonly reason: string
  readonly updated_at: number
}

/** The longest reason, in UTF-16 units. */
export const maxReasonLength = 200

export const sagas = defineTable<SagaRow>({
  name: 'meetup_saga_sagas',
  columns: {
    id: uuidColumn,
    post_id: uuidColumn,
    user_id: uuidColumn,
    step: text(20),
    reason: text(maxReasonLength),
    updated_at: integer,
  },
  primaryKey: 'id',
  indexes: [['step']],
  updatedOften: true,
})

export const sagaTables = [sagas]
