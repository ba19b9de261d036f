/** @file The list of verbs, in the order in which help lists them: a line each. What a verb takes and does is loaded when it is named. */

export const verbs = {
  embed: { summary: 'Turn pictures into vectors.', load: async () => (await import('./verbs/embed.ts')).embed },
  map: {
    summary: 'Draw vectors as a map in which alike ones lie side by side.',
    load: async () => (await import('./verbs/map.ts')).map,
  },
  classify: {
    summary: 'Name the class of pictures, with its probability.',
    load: async () => (await import('./verbs/classify.ts')).classify,
  },
  reject: {
    summary: 'Say which pictures belong to no known class.',
    load: async () => (await import('./verbs/reject.ts')).reject,
  },
} as const
