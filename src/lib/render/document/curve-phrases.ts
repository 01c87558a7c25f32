import { formatCount, formatLatency } from '../../base/format.ts'
import type { CurveRecord } from '../../record/record.ts'
import type { Line } from './document.ts'

type Estimate = NonNullable<CurveRecord['level']>

const msPerUs = 0.001

/** The curves of p50 in words, for each order of keys, and the forecasts that were asked for. */
export function curveLines(models: readonly CurveRecord[]): Line[] {
  if (models.length === 0) return []
  const forecasts = models.flatMap(({ keys, forecast }) => (forecast ? [forecastLine(keys, forecast)] : []))
  return ['p50 over the rows, with 95% intervals', ...models.flatMap(curveText), ...forecasts].map((text) => ({ text }))
}

function curveText(model: CurveRecord): string[] {
  const { shape, reason, noise } = model
  const line = `  ${nameOf(model)}: ${curvePhrase(model)}`
  if (shape === 'unknown') return [`${line}: ${reason}`]
  return [line, `    (${reason}; noise of the blocks ${formatUs(noise)})`]
}

/** The order of keys that a curve is of; of a difference, both. */
export function nameOf({ keys, against }: CurveRecord): string {
  return against ? `${keys} less ${against}` : keys
}

/** The shape of a curve, with its numbers. */
export function curvePhrase(model: CurveRecord): string {
  return model.shape === 'unknown' ? 'no shape can be named' : shapeOf(model)
}

/** Whether a change as large as p50 itself would have gone unseen, so that "flat" says little. */
export function isBlurred({ against, level, change }: CurveRecord): boolean {
  // The level of a difference is near 0, and says nothing of how much is much.
  return against === undefined && !!level && !!change && change.high - change.low > level.value
}

function shapeOf(model: CurveRecord): string {
  const { shape, level, change, perDecade, knee } = model
  if (!level || !change || !perDecade) return shape
  if (shape === 'flat')
    return `flat${isBlurred(model) ? ', but the run is too noisy to tell growth:' : ''} at ${us(level)}; over the sizes measured, a change of ${signed(change.low)} to ${signed(change.high)} would not have been seen`
  if (shape === 'drift')
    return `drift of the machine, not of the table: ${signed(change.value)} (${signed(change.low)} to ${signed(change.high)}) over the sizes measured, from ${us(level)} at the smallest`
  const slope = `${signed(perDecade.value)} (${signed(perDecade.low)} to ${signed(perDecade.high)}) for each tenfold of the rows`
  if (shape === 'knee' && knee)
    return `knee at ${rows(knee.value)} rows (${rows(knee.low)} to ${rows(knee.high)}): flat at ${us(level)} up to there, then ${slope}`
  return `follows the logarithm of the rows: ${slope}, from ${us(level)} at the smallest size`
}

function forecastLine(keys: string, forecast: NonNullable<CurveRecord['forecast']>): string {
  return `  forecast for ${keys} keys at ${forecastPhrase(forecast)}`
}

/** The table size, and p50 at it or why nothing is said of it. */
export function forecastPhrase({ rows: size, p50, refused }: NonNullable<CurveRecord['forecast']>): string {
  const said = p50 ? `p50 ${us(p50)}` : `none: ${refused ?? 'not carried by what was measured'}`
  return `${formatCount(size)} rows: ${said}`
}

function us({ value, low, high }: Estimate): string {
  return `${formatUs(value)} (${formatUs(low)} to ${formatUs(high)})`
}

/** Three digits that matter: a knee is not known to the row. */
function rows(value: number): string {
  return formatCount(Number(value.toPrecision(3)))
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${formatUs(Math.abs(value))}`
}

function formatUs(value: number): string {
  return formatLatency(value * msPerUs)
}
