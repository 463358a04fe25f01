/** The built-in heads a person can choose from; a head's file is fetched only when it is chosen. */

export interface Look {
  /** Stable name, as it is stored and as the head's file is called. */
  readonly id: string;
  /** What the page shows. */
  readonly label: string;
  /**
   * Find the head's file.
   *
   * @param light the variant for phones and for drawing without a graphics card: fewer vertices, the same morphs.
   * @returns URL of a GLB.
   */
  load(light: boolean): Promise<string>;
}

/** The first is shown unless another was chosen. */
export const LOOKS: readonly Look[] = [
  {
    id: 'mira',
    label: 'Mira',
    load: async (light) => (await (light ? import('@head/mira.light.glb?url') : import('@head/mira.glb?url'))).default,
  },
  {
    id: 'kofi',
    label: 'Kofi',
    load: async (light) => (await (light ? import('@head/kofi.light.glb?url') : import('@head/kofi.glb?url'))).default,
  },
  {
    id: 'edda',
    label: 'Edda',
    load: async (light) => (await (light ? import('@head/edda.light.glb?url') : import('@head/edda.glb?url'))).default,
  },
];
