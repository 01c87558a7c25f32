import type { Tone } from '../src/lib/render/document/chart.ts'

/** Colours of the page, which are other ones in the dark and on paper. */
export type Colour = Tone | 'grid' | 'muted'

/** The colour as the style sheet has it now. */
export function colourOf(colour: Colour): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${colour}`).trim()
}

/** The same, see-through to the given part of 1. */
export function tintOf(colour: Colour, opacity: number): string {
  return `color-mix(in srgb, ${colourOf(colour)} ${opacity * 100}%, transparent)`
}
