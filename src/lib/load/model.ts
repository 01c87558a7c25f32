import { failure } from '../errors.ts'
import type { FixedRequest } from './fixed-request.ts'
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

/** What decides when iterations of a scenario start. */
export type ScenarioModel = ClosedModel | OpenModel

/** One request, sent over and over: each connection sends it again as soon as it is answered. */
export interface SaturationModel {
  readonly kind: 'saturation'
  readonly connections: number
  /** In all; null until the time is over. */
  readonly requests: number | null
  /** Null until the requests are sent. */
  readonly durationMs: number | null
  readonly send: FixedRequest
}

/** What decides when requests are sent. */
export type LoadModel = ScenarioModel | SaturationModel

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
export function createModel(name: (typeof modelNames)[number], settings: ModelSettings): ScenarioModel {
  const { users, rampUp, duration, stages, arrivalRate, arrivals, maxInFlight } = settings
  if (name === 'arrivalRate' && arrivalRate !== undefined) {
    return { kind: 'open', ratePerSecond: arrivalRate, arrivals, durationMs: duration, maxInFlight }
  }
  if (name === 'stages' && stages !== undefined) return { kind: 'closed', stages }
  if (rampUp > duration) throw failure('usage-wrong', { reason: 'ramp-up must not be longer than duration.' })
  const rising = { durationMs: rampUp, users }
  return { kind: 'closed', stages: [rising, { durationMs: duration - rampUp, users }] }
}

/** The length of a run, ms; 0 where it takes as long as its requests. */
export function durationOf(model: LoadModel): number {
  if (model.kind === 'closed') return model.stages.reduce((sum, { durationMs }) => sum + durationMs, 0)
  return model.durationMs ?? 0
}

/** Users that a run needs at most. */
export function mostUsersOf(model: ScenarioModel): number {
  return model.kind === 'open' ? model.maxInFlight : Math.max(...model.stages.map(({ users }) => users))
}

/** Users or arrivals a second, at most. */
export const mostLevel = 1_000_000

/** Throws `usage-wrong` when the model cannot be run in so many threads, or not be raised to look for a limit. */
export function checkModel(model: LoadModel, { threads, raised }: { threads: number; raised: boolean }): void {
  const refuse = (reason: string): Error => failure('usage-wrong', { reason })
  if (model.kind === 'saturation') {
    if (threads > 1) throw refuse('A single request is sent from one thread; leave out threads.')
    if (raised) throw refuse('find-limit raises users or rate, not the connections of a single request.')
    return
  }
  const users = mostUsersOf(model)
  if (threads > users) throw refuse(`${threads} threads cannot share ${users} users; take fewer threads.`)
  const hasOneLevel = model.kind === 'open' || new Set(model.stages.map((stage) => stage.users)).size === 1
  if (raised && !hasOneLevel) throw refuse('find-limit raises users or rate; it cannot raise stages that differ.')
}

/** How much load a model makes: arrivals a second, or users at most. */
export function levelOf(model: ScenarioModel): number {
  return model.kind === 'open' ? model.ratePerSecond : mostUsersOf(model)
}

/** The same model with as many arrivals a second, or users, for so long. Of stages, the last takes what is longer. */
export function withLevel(model: ScenarioModel, level: number, durationMs: number): ScenarioModel {
  if (model.kind === 'open') return { ...model, ratePerSecond: level, durationMs }
  const longerMs = durationMs - durationOf(model)
  const last = model.stages.length - 1
  const stages = model.stages.map((stage, index) => ({
    durationMs: stage.durationMs + (index === last ? longerMs : 0),
    users: level,
  }))
  return { kind: 'closed', stages }
}
