"""A text as it reads without disguise, with offsets back to the original.

`fold`: what a reader sees. `unpack`: what a machine would decode. `spell`: what a clever reader could make of it, which needs proof.
`borders`: what stands across the border of two parts. `view`: how offsets lead back.
"""
