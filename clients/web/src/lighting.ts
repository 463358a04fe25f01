/** The light the face is seen in: a warm key, a soft sky, and cool and warm edges where a graphics card can afford them. */

import { DirectionalLight, HemisphereLight, PMREMGenerator, type Scene, type WebGLRenderer } from 'three';
import { RoomEnvironment } from 'three/addons/environments/RoomEnvironment.js';

/**
 * Light a scene.
 *
 * @param renderer - draws the surroundings that shiny surfaces mirror.
 * @param software - the processor draws: fewer lights and no surroundings.
 */
export function light(scene: Scene, renderer: WebGLRenderer, software: boolean): void {
  const key = new DirectionalLight(0xfff1e2, 2);
  key.position.set(-2.2, 2.6, 4);
  const fill = new DirectionalLight(0xffe7dc, 0.5);
  fill.position.set(3, 0.2, 3);
  const sky = software ? new HemisphereLight(0xffffff, 0xe4d2c8, 2.15) : new HemisphereLight(0xfff4ea, 0xc79a88, 0.9);
  scene.add(key, fill, sky);
  if (software) return;
  const rim = new DirectionalLight(0xcfe0ff, 1.6);
  rim.position.set(3, 2, -3);
  const back = new DirectionalLight(0xffd9b0, 0.9);
  back.position.set(-3.5, 1, -2.5);
  scene.add(rim, back);
  const generator = new PMREMGenerator(renderer);
  const room = new RoomEnvironment();
  scene.environment = generator.fromScene(room, 0.04).texture;
  scene.environmentIntensity = 0.45;
  room.dispose();
  generator.dispose();
}
