/**
 * The client of registries that speak the OCI distribution-spec v2. {@link
 * dev.abode.image.registry.RegistryClient} is the door; {@link
 * dev.abode.image.registry.CredentialSource} knows what a user logged in with.
 *
 * <p>Content is trusted by its digest alone, never because of who sent it: documents and sizes are
 * bounded before they are read, blobs verified while they stream, and a secret goes to the host it
 * is for and to no other.
 */
package dev.abode.image.registry;
