package dev.abode.init;

class ShimLaunchTest extends ShimLaunchContract {
  ShimLaunchTest() {
    super(Build.SHIPPED);
  }
}
