/** @file The list of verbs, in the order in which help lists them: a line each. What a verb takes and does is loaded when it is named. */

export const verbs = {
  digits: {
    summary: 'The whole story on MNIST: train a triplet network, judge, map, classify, reject letters; one report to open.',
    load: async () => (await import('./verbs/digits.ts')).digits,
  },
  faces: {
    summary: 'The whole story on a folder of photos: find faces, cut them out, embed, map, measure; one report to open.',
    load: async () => (await import('./verbs/faces.ts')).faces,
  },
  compare: {
    summary: 'The same faces by two models: two maps side by side, and whether the difference is more than luck.',
    load: async () => (await import('./verbs/compare.ts')).compare,
  },
  search: {
    summary: 'Who is this: the nearest known faces of each face in a photo, as a table and a picture.',
    load: async () => (await import('./verbs/search.ts')).search,
  },
  verify: {
    summary: 'One person or two: the distance of two photos, and a verdict by a threshold calibrated on your own labelled photos.',
    load: async () => (await import('./verbs/verify.ts')).verify,
  },
  group: {
    summary: 'Groups faces nobody has named, by density; you name, merge and split them in a text file, and running again keeps that.',
    load: async () => (await import('./verbs/group.ts')).group,
  },
  sweep: {
    summary: 'Train once for each margin with the same seed and budget; one figure of all embedding spaces, and a table.',
    load: async () => (await import('./verbs/sweep.ts')).sweep,
  },
  train: {
    summary: 'Train an embedder and write a run folder: model.onnx, head.json, loss.svg, history.json, checkpoint.',
    load: async () => (await import('./verbs/train.ts')).train,
  },
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
  doctor: {
    summary: 'What runs here and what is missing: runtime, threads, GPU, optional parts, cache, write access.',
    load: async () => (await import('./verbs/doctor.ts')).doctor,
  },
  schema: {
    summary: 'Print what every verb takes, as JSON Schema.',
    load: async () => (await import('./verbs/schema.ts')).schema,
  },
} as const
