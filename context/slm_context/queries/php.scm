(function_definition name: (name) @name) @function
(class_declaration name: (name) @name) @class
(interface_declaration name: (name) @name) @class
(trait_declaration name: (name) @name) @class
(method_declaration name: (name) @name) @method
(namespace_use_declaration) @import
(enum_declaration name: (name) @name) @class
(property_declaration (property_element name: (variable_name (name) @name))) @field
(property_promotion_parameter name: (variable_name (name) @name)) @field
(const_declaration (const_element (name) @name)) @field
(enum_case name: (name) @name) @field
