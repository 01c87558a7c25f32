import { failure } from '../errors.ts'
import type { ArrivalSchedule, Stage } from './pacing.ts'

/** Users come and go by stages; each waits for its answer before it goes on. */
export interface ClosedModel {
  readonly kind: 'closed'
  readonly stages: readonly Stage[]
}

/** Iterations start on a schedule, whether or not earlier ones came back. */
export interface OpenModel extends ArrivalSchedule {
  readonly kind: 'open'
  /** Users, and so iterations, at the same time; an iteration that finds none free is skipped. */
  readonly maxInFlight: number
}

/** What decides when iterations start. */
export type LoadModel = ClosedModel | OpenModel

/** The settings that make a model; times in ms. */
export interface ModelSettings {
  readonly users: number
  readonly rampUp: number
  readonly duration: number
  readonly stages: readonly Stage[] | undefined
  readonly arrivalRate: number | undefined
  readonly arrivals: ArrivalSchedule['arrivals']
  readonly maxInFlight: number
}

/** The settings that each ask for a model of their own. */
export const modelNames = ['arrivalRate', 'stages', 'users'] as const

/** The model that `name`, one of `modelNames`, asks for. Throws `usage-wrong`. */
export function createModel(name: (typeof modelNames)[number], settings: ModelSettings): LoadModel {
  const { users, rampUp, duration, stages, arrivalRate, arrivals, maxInFlight } = settings
  if (name === 'arrivalRate' && arrivalRate !== undefined) {
    return { kind: 'open', ratePerSecond: arrivalRate, arrivals, durationMs: duration, maxInFlight }
  }
  if (name === 'stages' && stages !== undefined) return { kind: 'closed', stages }
  if (rampUp > duration) throw failure('usage-wrong', { reason: 'ramp-up must not be longer than duration.' })
  const rising = { durationMs: rampUp, users }
  return { kind: 'closed', stages: [rising, { durationMs: duration - rampUp, users }] }
}

/** The length of a run, ms. */
export function durationOf(model: LoadModel): number {
  return model.kind === 'open' ? model.durationMs : model.stages.reduce((sum, { durationMs }) => sum + durationMs, 0)
}

/** Users that a run needs at most. */
export function mostUsersOf(model: LoadModel): number {
  return model.kind === 'open' ? model.maxInFlight : Math.max(...model.stages.map(({ users }) => users))
}

/** Users or arrivals a second, at most. */
export const mostLevel = 1_000_000

/** Throws `usage-wrong` unless the model has one level, which can be raised. */
export function requireOneLevel(model: LoadModel): void {
  if (model.kind === 'open' || new Set(model.stages.map(({ users }) => users)).size === 1) return
  throw failure('usage-wrong', { reason: 'find-limit raises users or rate; it cannot raise stages that differ.' })
}

/** How much load a model makes: arrivals a second, or users at most. */
export function levelOf(model: LoadModel): number {
  return model.kind === 'open' ? model.ratePerSecond : mostUsersOf(model)
}

/** The same model with as many arrivals a second, or users, for so long. Of stages, the last takes what is longer. */
export function withLevel(model: LoadModel, level: number, durationMs: number): LoadModel {
  if (model.kind === 'open') return { ...model, ratePerSecond: level, durationMs }
  const longerMs = durationMs - durationOf(model)
  const last = model.stages.length - 1
  const stages = model.stages.map((stage, index) => ({
    durationMs: stage.durationMs + (index === last ? longerMs : 0),
    users: level,
  }))
  return { kind: 'closed', stages }
}

/** Throws `usage-wrong` unless every thread gets a user. */
export function requireUserPerThread(model: LoadModel, threads: number): void {
  const users = mostUsersOf(model)
  if (threads <= users) return
  throw failure('usage-wrong', { reason: `${threads} threads cannot share ${users} users; take fewer threads.` })
}
