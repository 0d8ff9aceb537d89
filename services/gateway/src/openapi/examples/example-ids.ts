/** Ids of the one story that all examples of the document tell. */
export const ids = {
  user: '0198b7a4-6f7e-7c3a-9a45-000000000001',
  admin: '0198b7a4-6f7e-7c3a-9a45-00000000000f',
  apiKey: '0198b7a4-6f7e-7c3a-9a45-0000000000a1',
  task: '0198b7a4-6f7e-7c3a-9a45-0000000000b1',
  artifact: '0198b7a4-6f7e-7c3a-9a45-0000000000c1',
  schedule: '0198b7a4-6f7e-7c3a-9a45-0000000000d1',
  webhook: '0198b7a4-6f7e-7c3a-9a45-0000000000e1',
  delivery: '0198b7a4-6f7e-7c3a-9a45-0000000000e2',
  auditEntry: '0198b7a4-6f7e-7c3a-9a45-0000000000f1',
  request: '0198b7a4-6f7e-7c3a-9a45-0000000000aa',
} as const;
