import { defineTable, integer, text, uuidColumn, type RowOf } from '../../shared/tables.ts'
import type { SagaStep } from './contract.ts'

export const maxReasonLength = 200

/** How far a saga is. Its key comes with the event that began it, so that it begins once. */
export const sagas = defineTable({
  name: 'meetup_saga_sagas',
  columns: {
    id: uuidColumn,
    post_id: uuidColumn,
    user_id: uuidColumn,
    step: text<Exclude<SagaStep, 'waiting'>>(20),
    reason: text(maxReasonLength),
    updated_at: integer,
  },
  primaryKey: 'id',
  indexes: [['step']],
  updatedOften: true,
})

export type SagaRow = RowOf<typeof sagas>

export const sagaTables = [sagas]
