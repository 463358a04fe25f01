/** From an avatar's bytes to a face. The VRM library comes along only for a VRM. */

import { Camera, Light, type Object3D } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';

import { inspectAvatar } from './avatar_file';
import { GltfAvatar, type OwnAvatar } from './gltf_avatar';
import { Problem } from './problems';

/**
 * Read a VRM or glTF that someone brought along. Nothing leaves the page.
 *
 * @throws Problem `avatar_…`, one of those that say what is wrong with a file.
 */
export async function loadAvatar(bytes: ArrayBuffer): Promise<OwnAvatar> {
  const { kind, meshopt } = inspectAvatar(bytes);
  const loader = new GLTFLoader();
  try {
    if (meshopt) {
      const { MeshoptDecoder } = await import('three/addons/libs/meshopt_decoder.module.js');
      loader.setMeshoptDecoder(MeshoptDecoder);
    }
    if (kind !== 'gltf') {
      const [{ VRMLoaderPlugin, VRMUtils }, { VrmAvatar }] = await Promise.all([
        import('@pixiv/three-vrm'),
        import('./vrm_avatar'),
      ]);
      loader.register((parser) => new VRMLoaderPlugin(parser));
      const { scene, userData } = await loader.parseAsync(bytes, '');
      const vrm: unknown = userData['vrm'];
      if (!isVrm(vrm)) throw new Problem('avatar_broken', 'Its VRM part cannot be read.');
      VRMUtils.removeUnnecessaryVertices(scene);
      VRMUtils.rotateVRM0(vrm);
      dropStage(scene);
      return new VrmAvatar(vrm);
    }
    const { scene } = await loader.parseAsync(bytes, '');
    dropStage(scene);
    return new GltfAvatar(scene);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('avatar_broken', error instanceof Error ? error.message : String(error));
  }
}

function isVrm(value: unknown): value is import('@pixiv/three-vrm').VRM {
  return typeof value === 'object' && value !== null && 'humanoid' in value;
}

/** Light and cameras that came with the model: the studio has its own. */
function dropStage(scene: Object3D): void {
  const dropped: Object3D[] = [];
  scene.traverse((node) => {
    if (node instanceof Light || node instanceof Camera) dropped.push(node);
  });
  for (const node of dropped) node.removeFromParent();
}
