declare module 'gltf-validator' {
  interface Message {
    code: string;
    message: string;
    /** 0 is an error, 1 a warning, 2 a remark, 3 a hint. */
    severity: 0 | 1 | 2 | 3;
    pointer?: string;
  }
  interface Report {
    issues: { numErrors: number; numWarnings: number; messages: Message[] };
    info: { totalVertexCount: number; drawCallCount: number };
  }
  export function validateBytes(data: Uint8Array, options?: { maxIssues?: number }): Promise<Report>;
}
