/** Where one can fish. */
export const spotTypes = ['SEA', 'HARBOUR', 'RIVER', 'LAKE', 'POND'] as const

/** What one can fish for. */
export const fishTypes = [
  'BASS',
  'BREAM',
  'CARP',
  'EEL',
  'MACKEREL',
  'PERCH',
  'PIKE',
  'SALMON',
  'SQUID',
  'TROUT',
] as const
