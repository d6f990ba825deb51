/**
 * Images as a user names them: what there is, where it comes from and goes to, and the layer
 * folders a container's root file system is stacked from. {@link dev.abode.image.Images} is the
 * door.
 */
package dev.abode.image;
