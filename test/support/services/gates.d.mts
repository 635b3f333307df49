import type { InstructionRequest, InstructionResponse } from '#millrace/runners/beam/generated/fn_control_pb.js';

export class Gates {
  constructor(onSaid: (said: { readonly says: string; readonly until?: string }) => void);
  hold(instruction: InstructionRequest, pass: () => void): boolean;
  ask(instruction: InstructionRequest): void;
  hear(answer: InstructionResponse): void;
  close(): void;
}
