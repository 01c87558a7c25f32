/** How far a saga is: `approved` and `rejected` are its ends, `waiting` says that it has not begun. */
export type SagaStep = 'waiting' | 'began' | 'room-created' | 'approved' | 'rejecting' | 'rejected'

/** How far a saga is, for people. */
export interface SagaState {
  readonly sagaId: string
  readonly postId: string
  readonly step: SagaStep
  /** Why it was rejected. */
  readonly reason: string
}

/** Tells how far the sagas of posts are; proto/meetups/saga.proto says more. */
export interface SagaService {
  watch(request: { readonly sagaId: string }, signal: AbortSignal): AsyncIterable<SagaState>
}
