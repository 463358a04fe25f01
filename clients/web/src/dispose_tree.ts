/** Frees everything under a node that the graphics card or the decoder holds. */

import { Material, Mesh, SkinnedMesh, Texture, type Object3D } from 'three';

export function disposeTree(root: Object3D): void {
  root.traverse((node) => {
    if (!(node instanceof Mesh)) return;
    node.geometry.dispose();
    if (node instanceof SkinnedMesh) node.skeleton.dispose();
    const materials: Material[] = Array.isArray(node.material) ? node.material : [node.material];
    for (const material of materials) disposeMaterial(material);
  });
}

export function disposeMaterial(material: Material): void {
  for (const texture of texturesOf(material)) {
    texture.dispose();
    const picture: unknown = texture.source.data;
    if (typeof ImageBitmap !== 'undefined' && picture instanceof ImageBitmap) picture.close();
  }
  material.dispose();
}

/** Shader materials keep their textures in uniforms, the others in properties. */
function texturesOf(material: Material): Texture[] {
  const uniforms = 'uniforms' in material ? (material.uniforms as Record<string, { value: unknown }>) : {};
  const held = [...Object.values(material), ...Object.values(uniforms).map(({ value }) => value)];
  return held.filter((value): value is Texture => value instanceof Texture);
}
